import { sql as raw } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../db/database.ts';
import type { Database } from '../../db/database.ts';
import { eventually } from '../support/eventually.ts';
import { createTestDatabase } from '../support/postgres.ts';

let database: Database;
let killer: Database;
beforeAll(async () => {
  const { url } = await createTestDatabase();
  database = openDatabase(url, { max: 1 });
  killer = openDatabase(url, { max: 1 });
  await database.sql`create table written (what text)`;
});
afterAll(() => Promise.all([database.close(), killer.close()]));

type Tx = Parameters<Parameters<Database['db']['transaction']>[0]>[0];
const pidOf = async (tx: Tx) => (await tx.execute<{ pid: number }>(raw`select pg_backend_pid() as pid`))[0]!.pid;
const kill = async (pid: number) => void (await killer.sql`select pg_terminate_backend(${pid})`);
const written = async () => (await killer.sql`select what from written`).map((row) => row.what as string);

it('a transaction that loses its connection in a statement fails, and the process lives', async () => {
  const work = database.db.transaction(async (tx) => {
    await tx.execute(raw`insert into written values ('first')`);
    const pid = await pidOf(tx);
    setTimeout(() => void kill(pid), 50);
    await tx.execute(raw`select pg_sleep(5)`);
  });
  await expect(work).rejects.toThrow();
  expect(await eventually('the pool works again', () => database.sql`select 1 as one`)).toMatchObject([{ one: 1 }]);
  expect(await written()).toEqual([]);
});

it('a transaction that loses its connection between statements writes nothing more, inside a savepoint either', async () => {
  let inner: unknown;
  const work = database.db.transaction(async (tx) => {
    await tx.execute(raw`insert into written values ('first')`);
    await kill(await pidOf(tx));
    await new Promise((resolve) => setTimeout(resolve, 300));
    inner = await tx
      .transaction((nested) => nested.execute(raw`insert into written values ('nested')`))
      .catch((error: unknown) => error);
    await tx.execute(raw`insert into written values ('after')`);
  });
  await expect(work).rejects.toThrow();
  await eventually('the work has gone on', () => inner);
  await eventually('the pool works again', () => database.sql`select 1 as one`);
  expect(await written()).toEqual([]);
});

it('an error of a statement still rolls back and is the transaction’s error', async () => {
  const work = database.db.transaction(async (tx) => {
    await tx.execute(raw`insert into written values ('first')`);
    await tx.execute(raw`select nonsense`);
  });
  await expect(work).rejects.toMatchObject({ cause: { code: '42703' } });
  expect(await written()).toEqual([]);
  await database.db.transaction((tx) => tx.execute(raw`insert into written values ('kept')`));
  expect(await written()).toEqual(['kept']);
});
