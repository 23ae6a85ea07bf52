import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process, with what tells it from a later one that was given the same number. */
export type ProcessId = { pid: number; started: string };

/** Identifies a running process; undefined when there is none of that number. */
export function identify(pid: number): ProcessId | undefined {
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether that very process still runs. */
export function isAlive(id: ProcessId): boolean {
  return identify(id.pid)?.started === id.started;
}

/** Ends a process that somebody left behind: a polite signal, then, after the bound, a kill. */
export async function endProcess(id: ProcessId, signal: NodeJS.Signals, withinMs = 10_000): Promise<void> {
  const send = (name: NodeJS.Signals) => {
    try {
      if (isAlive(id)) process.kill(id.pid, name);
    } catch {
      // gone between the look and the signal
    }
  };
  send(signal);
  for (let waited = 0; isAlive(id); waited += 50) {
    if (waited === Math.ceil(withinMs / 50) * 50) send('SIGKILL');
    if (waited > withinMs + 5_000) throw new Error(`process ${id.pid} does not end`);
    await delay(50);
  }
}

function startedOnLinux(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(/\s+/);
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return fields[0] === 'Z' ? undefined : `${boot}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

function startedByPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
    return line.trim() || undefined;
  } catch {
    return undefined;
  }
}
