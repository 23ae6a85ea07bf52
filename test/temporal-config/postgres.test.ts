import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import postgres from 'postgres';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../temporal-config/config.ts';
import { startPostgres } from '../../temporal-config/postgres.ts';
import { createTestDatabase, publishedDatabase } from '../support/postgres.ts';
import { scratchFolder } from './scratch.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const progress = () => undefined;

async function ask(url: string, query: string, values: string[] = []): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1 });
  try {
    return await sql.unsafe(query, values);
  } finally {
    await sql.end({ timeout: 2 });
  }
}

describe('the embedded Postgres', () => {
  it('starts beside a busy port, keeps its data over a restart, and outlives a stale pid file', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    onTestFinished(() => void busy.close());
    const { port } = busy.address() as { port: number };
    const dataDir = scratchFolder();
    const config = loadConfig({ TENURE_DATA_DIR: dataDir, TENURE_POSTGRES_PORT: String(port) });
    const first = await startPostgres({ config, dataDir, log, progress });
    await ask(first.url, "create table kept as select 'Ü' as x, current_setting('timezone') as zone");
    await ask(first.url, 'alter table kept add constraint short check (length(x) < 5)');
    await expect(ask(first.url, 'insert into kept values ($1)', ['ann@private.example'])).rejects.toThrow('short');
    const url = new URL(first.url);
    expect(Number(url.port)).not.toBe(port);
    url.password = 'wrong';
    await expect(ask(url.href, 'select 1')).rejects.toThrow('password authentication failed');
    await first.stop();
    // The number of a process that runs and is no Postgres: ours.
    writeFileSync(join(dataDir, 'postgres', 'postmaster.pid'), `${process.pid}\n`);
    const second = await startPostgres({ config, dataDir, log, progress });
    expect(await ask(second.url, 'select x, lower(x) as small, zone from kept')).toEqual([
      { x: 'Ü', small: 'ü', zone: 'UTC' },
    ]);
    await second.stop();
    const logged = readFileSync(join(dataDir, 'logs', 'postgres.log'), 'utf8');
    expect(logged).toContain('violates check constraint "short"');
    expect(logged).not.toContain('ann@private.example');
  });

  it('is replaced by a given one', async () => {
    const config = loadConfig({ DATABASE_URL: 'postgres://somebody@db.example.com/tenure' });
    const given = await startPostgres({ config, dataDir: '/nowhere', log, progress });
    expect(given).toMatchObject({ url: 'postgres://somebody@db.example.com/tenure', embedded: false });
    await given.stop();
  });
});

describe('a test’s database', () => {
  it('is migrated, empty and its own', async () => {
    const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await ask(one.url, 'create table only_here (x int)');
    const tables = (url: string) =>
      ask(url, "select table_name as name from information_schema.tables where table_schema = 'public'");
    expect(await tables(one.url)).toContainEqual({ name: 'only_here' });
    expect(await tables(two.url)).not.toContainEqual({ name: 'only_here' });
    expect((await tables(two.url)).length).toBeGreaterThan(0);
    await one.drop();
    await expect(ask(one.url, 'select 1')).rejects.toThrow('does not exist');
  });

  it('has the playbooks of the repository when it asks for them, also when two ask at once', async () => {
    const both = await Promise.all([createTestDatabase(publishedDatabase), createTestDatabase(publishedDatabase)]);
    for (const { url, drop } of both) {
      expect(await ask(url, 'select id from playbooks')).not.toHaveLength(0);
      await drop();
    }
  });
});
