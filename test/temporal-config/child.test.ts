import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startChild } from '../../temporal-config/child.ts';
import { lockDataDir } from '../../temporal-config/data-lock.ts';
import { identify, isAlive } from '../../temporal-config/processes.ts';
import { eventually } from '../support/eventually.ts';
import { scratchFolder, startOrphan } from './scratch.ts';

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('a child process', () => {
  it('is waited for when it is stopped', async () => {
    const folder = scratchFolder();
    const script = `trap 'sleep 0.2; echo stopped > ${folder}/out; exit 0' TERM; echo up > ${folder}/up; while :; do sleep 0.05; done`;
    const child = await startChild({
      command: 'sh',
      args: ['-c', script],
      stopSignal: 'SIGTERM',
      stopWithinMs: 60_000,
    });
    await eventually('the child is up', () => existsSync(join(folder, 'up')));
    await child.stop();
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('stopped\n');
    expect(child.running()).toBe(false);
  });

  it('is killed when it does not stop within its bound', async () => {
    const folder = scratchFolder();
    const script = `trap '' TERM; echo up > ${folder}/up; while :; do sleep 0.05; done`;
    const child = await startChild({ command: 'sh', args: ['-c', script], stopSignal: 'SIGTERM', stopWithinMs: 150 });
    await eventually('the child is up', () => existsSync(join(folder, 'up')));
    await child.stop();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('has a process group of its own, so that Ctrl-C does not reach it', async () => {
    const child = await startChild({ command: 'sleep', args: ['600'], stopSignal: 'SIGTERM', stopWithinMs: 1_000 });
    const group = Number(
      readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[2],
    );
    await child.stop();
    expect(group).toBe(child.pid);
  });

  it('tells that it ended by itself', async () => {
    const child = await startChild({
      command: 'sh',
      args: ['-c', 'exit 3'],
      stopSignal: 'SIGTERM',
      stopWithinMs: 1_000,
    });
    expect(await child.exited).toEqual({ code: 3, signal: null });
    await child.stop();
  });
});

describe('when the parent is killed without a word', () => {
  it('an ephemeral engine ends by itself', async () => {
    const { parent, told } = await startOrphan('engine');
    const port = Number(String(told.address).split(':')[1]);
    expect(await accepts(port)).toBe(true);
    parent.kill('SIGKILL');
    await eventually('the engine is gone', async () => !(await accepts(port)));
  });

  it('a scratch Postgres ends by itself', async () => {
    const { parent, told } = await startOrphan('postgres');
    const port = Number(new URL(String(told.adminUrl)).port);
    expect(await accepts(port)).toBe(true);
    parent.kill('SIGKILL');
    await eventually('Postgres is gone', async () => !(await accepts(port)));
  });
});

describe('the lock of a data folder', () => {
  it('says plainly that another process uses it, and which', async () => {
    const folder = scratchFolder();
    const { parent } = await startOrphan('lock', folder);
    await expect(lockDataDir(folder)).rejects.toThrow(
      `Tenure already runs on the data folder ${folder} (process ${parent.pid}). Stop it first, or set TENURE_DATA_DIR`,
    );
    expect(existsSync(join(folder, 'tenure.lock'))).toBe(true);
  });

  it('is taken over from a killed process, and what that left running is ended before any holder goes on', async () => {
    const folder = scratchFolder();
    const slow = `trap 'sleep 0.3; exit 0' TERM; echo up > ${folder}/up; while :; do sleep 0.05; done`;
    const sleeper = spawn('sh', ['-c', slow], { stdio: 'ignore' });
    onTestFinished(() => void sleeper.kill('SIGKILL'));
    await eventually('it is up', () => existsSync(join(folder, 'up')));
    const left = identify(sleeper.pid!)!;
    mkdirSync(folder, { recursive: true });
    const owner = { pid: 4_000_000, started: 'long ago' };
    const children = [{ ...left, name: 'a sleeper', signal: 'SIGTERM' }];
    writeFileSync(join(folder, 'tenure.lock'), JSON.stringify({ owner, children }));
    const said: string[] = [];
    const lock = lockDataDir(folder, (line) => said.push(line));
    const other = await lockDataDir(folder);
    expect(isAlive(left)).toBe(false);
    expect(said).toEqual([`ending a sleeper (process ${left.pid}), left running by a start that was killed`]);
    other.release();
    (await lock).release();
    expect(existsSync(join(folder, 'tenure.lock'))).toBe(false);
  });

  it('does not end a stranger that was given the number of a child of old', async () => {
    const folder = scratchFolder();
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
    onTestFinished(() => void stranger.kill('SIGKILL'));
    const children = [{ pid: stranger.pid, started: 'another', name: 'Postgres', signal: 'SIGTERM' }];
    writeFileSync(join(folder, 'tenure.lock'), JSON.stringify({ owner: { pid: 1, started: 'another' }, children }));
    (await lockDataDir(folder)).release();
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  });

  it('outlives a lock file that was cut off', async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, 'tenure.lock'), '{"owner":');
    const lock = await lockDataDir(folder);
    lock.release();
    expect(existsSync(join(folder, 'tenure.lock'))).toBe(false);
  });

  it('stays until the last of its holders lets go', async () => {
    const folder = scratchFolder();
    const [one, two] = [await lockDataDir(folder), await lockDataDir(folder)];
    one.release();
    one.release();
    expect(existsSync(join(folder, 'tenure.lock'))).toBe(true);
    two.release();
    expect(existsSync(join(folder, 'tenure.lock'))).toBe(false);
  });
});
