import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { ChildExit } from './child.ts';
import { lockDataDir } from './data-lock.ts';
import type { StartOptions } from './engine.ts';
import { initCluster, postgresBinaries, postgresUser, startCluster } from './postgres-server.ts';
import { endProcess, identify } from './processes.ts';
import { keptSecret } from './secret.ts';

/** The database that Tenure uses, embedded or given. */
export type Database = {
  url: string;
  embedded: boolean;
  /** Settles when the embedded database ended, asked or not; never for a given one. */
  exited: Promise<ChildExit>;
  stop(): Promise<void>;
};

const database = 'tenure';

/** Starts the embedded Postgres on its files in the data folder, or names the given one. */
export async function startPostgres(options: StartOptions): Promise<Database> {
  const { config, dataDir, log, progress } = options;
  if (config.databaseUrl)
    return {
      url: config.databaseUrl,
      embedded: false,
      exited: new Promise(() => undefined),
      stop: () => Promise.resolve(),
    };
  const lock = await lockDataDir(dataDir, progress);
  try {
    const folder = join(dataDir, 'postgres');
    const password = keptSecret(dataDir, 'postgres.password');
    const runAs = await postgresUser([folder, (await postgresBinaries()).postgres]);
    await makeOnce(folder, runAs, password, progress);
    await endStale(folder);
    progress('starting Postgres');
    const { child, urlOf } = await startCluster({
      folder,
      runAs,
      password,
      port: config.postgresPort,
      settings: ['max_connections=200'],
      logFile: join(dataDir, 'logs', 'postgres.log'),
      stopSignal: 'SIGINT',
    });
    lock.addChild('Postgres', child.pid, 'SIGINT');
    let asked = false;
    void child.exited.then((exit) => {
      if (!asked) log.error({ ...exit }, 'the embedded Postgres ended by itself');
    });
    const stop = async () => {
      asked = true;
      await child.stop();
      lock.removeChild(child.pid);
      lock.release();
    };
    try {
      await ensureDatabase(urlOf('postgres'));
    } catch (error) {
      await stop();
      throw error;
    }
    log.info({ port: Number(new URL(urlOf(database)).port) }, 'embedded Postgres ready');
    return { url: urlOf(database), embedded: true, exited: child.exited, stop };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** A cluster for one test run or rehearsal, without a care for durability; nothing of it stays. */
export type ScratchPostgres = {
  adminUrl: string;
  /** A new database, empty or a copy of a template database to which nobody is connected; answers its URL. */
  createDatabase(template?: string, name?: string): Promise<string>;
  stop(): Promise<void>;
};

/** Starts a scratch cluster; it ends and is deleted when this process ends, however that ends. */
export async function createScratchPostgres(): Promise<ScratchPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-postgres-'));
  const runAs = await postgresUser([folder, (await postgresBinaries()).postgres]);
  await initCluster(folder, runAs);
  const fast = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_wal_size=2GB', 'autovacuum=off'];
  const { child, urlOf } = await startCluster({
    folder,
    runAs,
    port: 0,
    settings: [...fast, 'max_connections=300'],
    stopSignal: 'SIGQUIT',
    deathCleanup: folder,
  });
  const admin = postgres(urlOf('postgres'), { max: 2, onnotice: () => undefined });
  return {
    adminUrl: urlOf('postgres'),
    async createDatabase(template, name = `t_${randomUUID().replaceAll('-', '')}`) {
      const copy = template ? admin`template ${admin(template)} strategy file_copy` : admin``;
      await admin`create database ${admin(name)} ${copy}`;
      return urlOf(name);
    },
    async stop() {
      await admin.end({ timeout: 1 });
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeOnce(...[folder, runAs, password, progress]: MakeOnce): Promise<void> {
  if (existsSync(join(folder, 'PG_VERSION'))) return;
  progress('setting up Postgres (once)');
  // Made beside its place, then renamed: a start that is killed here leaves no half a cluster.
  const draft = `${folder}.new`;
  await rm(draft, { recursive: true, force: true });
  await initCluster(draft, runAs, password);
  await rename(draft, folder);
}

type MakeOnce = [
  folder: string,
  runAs: Parameters<typeof initCluster>[1],
  password: string,
  progress: (line: string) => void,
];

// Postgres itself takes any process with the noted number for its own: after a crash that may be somebody else's, for instance in a container.
async function endStale(folder: string): Promise<void> {
  const path = join(folder, 'postmaster.pid');
  const pid = Number((await readFile(path, 'utf8').catch(() => '')).split('\n')[0]);
  if (!pid) return;
  const id = identify(pid);
  if (id && (await isPostgresOf(pid, folder))) await endProcess(id, 'SIGINT');
  await rm(path, { force: true });
}

async function isPostgresOf(pid: number, folder: string): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.split('\0').includes(folder);
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const admin = postgres(adminUrl, { max: 1, onnotice: () => undefined });
  try {
    const [found] = await admin`select 1 from pg_database where datname = ${database}`;
    if (!found) await admin`create database ${admin(database)}`;
  } finally {
    await admin.end({ timeout: 2 });
  }
}
