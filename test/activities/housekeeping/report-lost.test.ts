import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { reportLost } from '../../../activities/housekeeping/report-lost.ts';
import { openDatabase } from '../../../db/database.ts';
import type { Database } from '../../../db/database.ts';
import { createTestDatabase } from '../../support/postgres.ts';

const NOW = Date.UTC(2040, 0, 1);
const START = new Date(NOW).toISOString();
const ACCOUNT = 'acme';

let database: Database;
beforeAll(async () => {
  database = openDatabase((await createTestDatabase()).url, { max: 2 });
  await database.sql`insert into accounts (id, name, plan, time_zone, facts, rev, created_at, updated_at)
    values (${ACCOUNT}, 'n', 'starter', 'UTC', '{}', 1, ${START}, ${START})`;
});
afterAll(() => database.close());
beforeEach(async () => {
  for (const table of ['tasks', 'journeys', 'sweeps']) await database.sql`delete from ${database.sql(table)}`;
});

/** An open journey that started so many minutes ago, and waits for nothing but events. */
async function journey(minutesAgo: number): Promise<string> {
  const at = new Date(NOW - minutesAgo * 60_000).toISOString();
  const [row] = await database.sql`
    insert into journeys (id, lock, kind, account_id, playbook, version, state, plan, anchor, options, timetable, rev, snapshot, snapshot_at,
      clock_shift, started_by, started_at, run_id)
    values (gen_random_uuid(), ${`trial:${ACCOUNT}:${randomUUID()}`}, 'trial', ${ACCOUNT}, '002.trial', 1, 'running', 'starter', ${at}, '{}', '{}', 1,
      '{}', ${at}, 0, 'test', ${at}, ${randomUUID()}) returning id`;
  return String(row!.id);
}

const lostTasks = async () =>
  (await database.sql`select journey_id from tasks where key like '%/run-lost/%'`).map((row) => String(row.journey_id));
const round = (alive: (id: string) => boolean, page: number, mostMs: number) => {
  const isAlive = vi.fn((one: { id: string }) => Promise.resolve(alive(one.id)));
  const given = { isAlive, clock: () => NOW, log: { warn: () => undefined }, page, mostMs };
  return reportLost(database.db, given).then((lost) => ({ lost, looked: isAlive.mock.calls.map(([one]) => one.id) }));
};

it('comes to every open journey in turn, some a round, and begins again at the end', async () => {
  // Two began at once: a page ends behind both of them.
  const [a, b, c, d] = [await journey(40), await journey(30), await journey(30), await journey(20)];
  const seen = [];
  for (let k = 0; k < 5; k += 1) seen.push((await round(() => true, 2, 0)).looked.sort());
  expect(seen).toEqual([[a, b, c].sort(), [d], [], [a, b, c].sort(), [d]]);
});

it('puts one whose run is gone before staff once a run, also when nothing of it is overdue', async () => {
  const [gone, other] = [await journey(20), await journey(10)];
  const alive = (id: string) => id !== gone;
  expect(await round(alive, 1, 60_000)).toEqual({ lost: 1, looked: [gone, other] });
  expect(await round(alive, 1, 60_000)).toEqual({ lost: 0, looked: [other] });
  expect(await lostTasks()).toEqual([gone]);
  // It was rehydrated, and is lost again.
  await database.sql`update journeys set run_id = 'another', rev = rev + 1 where id = ${gone}`;
  expect(await round(alive, 1, 60_000)).toEqual({ lost: 1, looked: [gone, other] });
  expect(await lostTasks()).toEqual([gone, gone]);
});
