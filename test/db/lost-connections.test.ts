import { setTimeout as delay } from 'node:timers/promises';
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
    await tx.execute(raw`select pg_sleep(60)`);
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

it('a transaction whose work fails for a reason of its own, after its connection was lost, fails by the loss, and the process lives', async () => {
  let failed = false;
  const work = database.db.transaction(async (tx) => {
    await kill(await pidOf(tx));
    await new Promise((resolve) => setTimeout(resolve, 300));
    failed = true;
    throw new Error('of its own');
  });
  await expect(work).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  await eventually('its work has failed too', () => failed);
  expect(await eventually('the pool works again', () => database.sql`select 1 as one`)).toMatchObject([{ one: 1 }]);
});

it('a transaction that loses its connection fails all that it has asked', async () => {
  const asked: Promise<unknown>[] = [];
  const work = database.sql.begin(async (tx) => {
    const [row] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
    const all = [tx`select ${1}::int, pg_sleep(60)`, tx`select ${2}::int`, tx`select ${3}::int`];
    asked.push(...all.map((one) => one.then(() => 'an answer').catch(() => 'lost')));
    setTimeout(() => void kill(row!.pid), 50);
    await Promise.all(all);
  });
  await expect(work).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  expect(await Promise.all(asked)).toEqual(['lost', 'lost', 'lost']);
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

it('a transaction that waits behind a hundred statements of its connection is one', async () => {
  const one = (n: number) => database.sql<{ n: number }[]>`select ${n}::int as n`;
  await one(0);
  const before = database.sql`select pg_sleep(0.2)`.execute();
  const many = Array.from({ length: 99 }, (_, n) => one(n).execute());
  const work = database.sql.begin((tx) => tx`insert into written values ('after many')`);
  await Promise.all([before, ...many, work]);
  expect(await written()).toContain('after many');
});

it('what cannot be sent fails alone, and those before and behind it have their own answers', async () => {
  const one = async (n: unknown) => (await database.sql<{ n: number }[]>`select ${n as number}::int as n`)[0]!.n;
  await one(0);
  const before = database.sql`select pg_sleep(0.2)`.execute();
  const answers = [1, undefined, 3, 4].map((n) => one(n).catch((error: { code: string }) => error.code));
  expect(await Promise.all(answers)).toEqual([1, 'UNDEFINED_VALUE', 3, 4]);
  await before;
});

it('a busy pool whose connections are lost again and again works on at once: nothing hangs, and every question has its own answer', async () => {
  const { url } = await createTestDatabase();
  const busy = openDatabase(url, { name: 'busy' });
  const others = openDatabase(url, { max: 1 });
  let over = false;
  let longestMs = 0;
  let questions = 0;
  const wrong: unknown[] = [];
  const one = (n: number) => busy.sql<{ n: number }[]>`select ${n}::int as n`;
  const inOrder = (n: number) =>
    busy.sql.begin(async (tx) => (await tx`select 0`, await tx<{ n: number }[]>`select ${n}::int as n`));
  const many = (n: number) => busy.sql<{ n: number }[]>`select ${n}::int as n from generate_series(1, 200)`;
  /** Asks until it is over, and until it has an answer. */
  const ask = async (_: unknown, asker: number) => {
    const question = [one, inOrder, many][asker % 3]!;
    for (let answered = performance.now(), silent = true; !over || silent;) {
      const n = ++questions;
      const rows = await question(n).catch(() => undefined);
      silent = rows === undefined;
      if (!rows) continue;
      if (rows.length !== (question === many ? 200 : 1) || rows[0]?.n !== n) wrong.push({ n, rows });
      longestMs = Math.max(longestMs, performance.now() - answered);
      answered = performance.now();
    }
  };
  const asking = Array.from({ length: 40 }, ask);
  for (let n = 0; n < 30; n++) {
    await delay(100);
    await others.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'busy' and datname = current_database()`;
  }
  await delay(1_000);
  over = true;
  await Promise.all(asking);
  await Promise.all([busy.close(), others.close()]);
  expect(wrong).toEqual([]);
  // One that hangs takes its ten seconds to connect, and those of its next try.
  expect(longestMs).toBeLessThan(19_000);
});
