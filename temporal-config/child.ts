import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

// The child gets a process group of its own, so that Ctrl-C in a terminal reaches only us and we stop it in order. A watcher beside it
// holds the other end of our pipe: when we die without a word (SIGKILL), the pipe closes and the watcher ends the child.
// $1 signal on our death · $2 a folder to delete then, or empty · the rest is the command.
const guarded = `
exec 3<&0
onDeath=$1; folder=$2; shift 2
(
  if ! read -r word <&3; then
    kill -s "$onDeath" $$ 2>/dev/null
    tries=0
    while kill -0 $$ 2>/dev/null && [ $tries -lt 100 ]; do tries=$((tries+1)); sleep 0.1; done
    kill -s KILL $$ 2>/dev/null
    if [ -n "$folder" ]; then rm -rf "$folder"; fi
  fi
) >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null
`;

/** What to run, where its output goes, and how it likes to be told to stop. */
export type ChildOptions = {
  command: string;
  args: readonly string[];
  cwd?: string;
  env?: Record<string, string>;
  uid?: number;
  gid?: number;
  /** Output is appended here; without it, it is dropped. */
  logFile?: string;
  stopSignal: NodeJS.Signals;
  /** Sent by the watcher when this process died; default: the stop signal. */
  deathSignal?: NodeJS.Signals;
  /** Deleted by the watcher when this process died. */
  deathCleanup?: string;
  /** How long the child may take to stop before it is killed, in ms. */
  stopWithinMs: number;
};

/** How a child ended. */
export type ChildExit = { code: number | null; signal: NodeJS.Signals | null };

/** A server process that never outlives this one by long. */
export type Child = { pid: number; exited: Promise<ChildExit>; running(): boolean; stop(): Promise<void> };

/** Starts a server process in a process group of its own. */
export async function startChild(options: ChildOptions): Promise<Child> {
  if (options.logFile) mkdirSync(dirname(options.logFile), { recursive: true });
  const log = options.logFile ? openSync(options.logFile, 'a') : 'ignore';
  const short = (signal: NodeJS.Signals) => signal.replace(/^SIG/, '');
  const watch = [short(options.deathSignal ?? options.stopSignal), options.deathCleanup ?? ''];
  const child = spawn('/bin/sh', ['-c', guarded, 'sh', ...watch, options.command, ...options.args], {
    cwd: options.cwd,
    uid: options.uid,
    gid: options.gid,
    detached: true,
    stdio: ['pipe', log, log],
    ...(options.env && { env: options.env }),
  });
  if (typeof log === 'number') closeSync(log);
  const { pid, stdin } = child;
  stdin?.on('error', () => undefined);
  let running = true;
  const exited = new Promise<ChildExit>((done) =>
    child.once('exit', (code, signal) => {
      running = false;
      stdin?.end('stopped\n');
      done({ code, signal });
    }),
  );
  if (pid === undefined) throw await new Promise<Error>((done) => child.once('error', done));
  const stop = async () => {
    if (!running) return;
    child.kill(options.stopSignal);
    const late = new AbortController();
    const bound = delay(options.stopWithinMs, 'late', { signal: late.signal }).catch(() => undefined);
    if ((await Promise.race([exited, bound])) === 'late') child.kill('SIGKILL');
    late.abort();
    await exited;
  };
  return { pid, exited, running: () => running, stop };
}
