import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { endProcess, identify, isAlive, type ProcessId } from './processes.ts';

type ChildRecord = ProcessId & { name: string; signal: NodeJS.Signals };
type LockFile = { owner: ProcessId; children: ChildRecord[] };
type Held = { path: string; content: LockFile; holders: number; cleared: Promise<void> };

/** The data folder is in use by another process that runs. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';
}

/** This process's hold on a data folder; the engine and the database take it each, the last one to let go deletes it. */
export type DataLock = {
  /** Notes a child, so that the next start can end it should it outlive this process. */
  addChild(name: string, pid: number, signal: NodeJS.Signals): void;
  removeChild(pid: number): void;
  release(): void;
};

const held = new Map<string, Held>();

/** Takes the data folder for this process; ends what a killed one left running; refuses while another one has it. */
export async function lockDataDir(
  dataDir: string,
  progress: (line: string) => void = () => undefined,
): Promise<DataLock> {
  const path = join(resolve(dataDir), 'tenure.lock');
  const mine = held.get(path);
  if (mine) mine.holders += 1;
  const lock = mine ?? take(path, resolve(dataDir), progress);
  await lock.cleared;
  let released = false;
  return {
    addChild: (name, pid, signal) => {
      const id = identify(pid);
      if (id) change(lock, [...lock.content.children, { ...id, name, signal }]);
    },
    removeChild: (pid) =>
      change(
        lock,
        lock.content.children.filter((child) => child.pid !== pid),
      ),
    release: () => {
      if (released) return;
      released = true;
      lock.holders -= 1;
      if (lock.holders > 0) return;
      held.delete(path);
      rmSync(path, { force: true });
    },
  };
}

function take(path: string, dataDir: string, progress: (line: string) => void): Held {
  mkdirSync(dataDir, { recursive: true });
  const content: LockFile = { owner: identify(process.pid)!, children: [] };
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(content));
  const orphans: ChildRecord[] = [];
  try {
    // A link is atomic: of two starts at one moment, one gets it.
    while (!linked(draft, path)) orphans.push(...setAside(path, dataDir));
  } finally {
    rmSync(draft, { force: true });
  }
  const alive = orphans.filter(isAlive);
  const lock: Held = { path, content, holders: 1, cleared: Promise.resolve() };
  held.set(path, lock);
  change(lock, alive);
  lock.cleared = endAll(alive, progress);
  return lock;
}

async function endAll(orphans: ChildRecord[], progress: (line: string) => void): Promise<void> {
  for (const orphan of orphans) {
    progress(`ending ${orphan.name} (process ${orphan.pid}), left running by a start that was killed`);
    await endProcess(orphan, orphan.signal);
  }
}

function setAside(path: string, dataDir: string): ChildRecord[] {
  const aside = `${path}.stale.${process.pid}`;
  const before = read(path);
  if (before && isAlive(before.owner)) throw inUse(dataDir, before.owner.pid);
  try {
    renameSync(path, aside);
  } catch {
    return [];
  }
  const after = read(aside);
  if (after && isAlive(after.owner)) {
    // Another start took the stale lock between our look and our rename: give it back.
    linked(aside, path);
    rmSync(aside, { force: true });
    throw inUse(dataDir, after.owner.pid);
  }
  rmSync(aside, { force: true });
  return after?.children ?? [];
}

function inUse(dataDir: string, pid: number): DataFolderInUseError {
  return new DataFolderInUseError(
    `Tenure already runs on the data folder ${dataDir} (process ${pid}). Stop it first, or set TENURE_DATA_DIR to another folder.`,
  );
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(path: string): LockFile | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockFile;
  } catch {
    return undefined;
  }
}

function change(lock: Held, children: ChildRecord[]): void {
  lock.content = { ...lock.content, children };
  const draft = `${lock.path}.draft.${process.pid}`;
  writeFileSync(draft, JSON.stringify(lock.content));
  renameSync(draft, lock.path);
}
