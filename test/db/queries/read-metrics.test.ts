import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../../db/database.ts';
import type { Database } from '../../../db/database.ts';
import { putMetrics } from '../../../db/queries/accounts/put-metrics.ts';
import { readMetrics } from '../../../db/queries/accounts/read-metrics.ts';
import { accounts } from '../../../db/schema/index.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import type { TestDatabase } from '../../support/postgres.ts';

const NOW = new Date('2026-03-02T15:00:00.000Z');
const DAY = 86_400_000;
let scratch: TestDatabase;
let database: Database;

beforeAll(async () => {
  scratch = await createTestDatabase();
  database = openDatabase(scratch.url, { max: 2 });
  const base = { name: 'Acme', plan: 'starter', timeZone: 'UTC', facts: {}, rev: 1, createdAt: NOW, updatedAt: NOW };
  await database.db.insert(accounts).values(['acme', 'other', 'silent'].map((id) => ({ id, ...base })));
});
afterAll(async () => {
  await database.close();
  await scratch.drop();
});

const put = (accountId: string, name: string, value: number, daysAgo: number) =>
  database.db.transaction((tx) =>
    putMetrics(tx, [{ accountId, name, value, at: new Date(NOW.getTime() - daysAgo * DAY) }]),
  );

it('answers the newest value of each metric that an account has by a moment, whatever others have', async () => {
  for (const [name, value, daysAgo] of [
    ['seats', 3, 700],
    ['seats', 5, 2],
    ['seats', 9, -1],
    ['conversations', 100, 400],
    ['conversations', 40, 30],
    ['b_rare', 1, 650],
    ['later', 7, -3],
  ] as const)
    await put('acme', name, value, daysAgo);
  await put('other', 'seats', 77, 0);
  const of = (account: string, at = NOW) => readMetrics(database.db, account, at);
  expect(await of('acme')).toEqual({ seats: 5, conversations: 40, b_rare: 1 });
  expect(await of('acme', new Date(NOW.getTime() - 100 * DAY))).toEqual({ seats: 3, conversations: 100, b_rare: 1 });
  expect(await of('other')).toEqual({ seats: 77 });
  expect(await of('silent')).toEqual({});
});
