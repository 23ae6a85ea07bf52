import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { healthOf } from '../../../db/queries/scores/health-of.ts';
import { accounts, bands, scores } from '../../../db/schema/index.ts';
import type { Contribution } from '../../../db/schema/scores.ts';
import { apiFixture } from '../../api/api-fixture.ts';
import type { ApiFixture } from '../../api/api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => void (api = await apiFixture()));
afterAll(() => api.close());

const MODEL = '001.health.score';
const now = new Date('2026-06-01T12:00:00Z');
const ago = (days: number) => new Date(now.getTime() - days * 86_400_000);

/** An account with scores of so many days ago. */
async function scored(id: string, given: [number, number][], contributions: Contribution[] = []): Promise<void> {
  const { db } = api.database;
  await db.insert(accounts).values({
    id,
    name: 'Acme',
    plan: 'enterprise',
    timeZone: 'UTC',
    facts: {},
    rev: 1,
    createdAt: ago(400),
    updatedAt: ago(400),
  });
  const base = { accountId: id, model: MODEL, version: 1, confidence: 1, inputs: {}, contributions, actor: 'test' };
  await db
    .insert(scores)
    .values(given.map(([days, score]) => ({ ...base, at: ago(days), score, band: 'fair', cause: `sweep:${days}` })));
  await db.insert(bands).values({
    ...{ accountId: id, model: MODEL, band: 'fair', auto: 'fair', changes: 1 },
    ...{ since: ago(90), autoSince: ago(90), scoredAt: now, score: given.at(-1)![1] },
  });
}
const read = (account: string) => healthOf(api.database.db, { account, model: MODEL, now });

describe('how an account does', () => {
  it('is unknown before its first score', async () => {
    await expect(read('nobody')).resolves.toBeUndefined();
  });

  it('names what costs the most points, worst first', async () => {
    const part = (metric: string, weight: number, points: number) => ({ metric, value: null, weight, points });
    await scored('h-1', [[0, 60]], [part('a', 0.5, 45), part('b', 0.3, 5), part('c', 0.1, 10), part('d', 0.1, 0)]);
    expect(await read('h-1')).toMatchObject({ band: 'fair', score: 60, drivers: ['b', 'd', 'a'], trend: NaN });
  });

  it('has a trend over 30 days, and counts the weekly readings in a row that improved', async () => {
    await scored('h-2', [
      [60, 50],
      [40, 50],
      [14, 50],
      [7, 53],
      [0, 55],
    ]);
    expect(await read('h-2')).toMatchObject({ trend: 5, improvingWeeks: 2 });
    await scored('h-3', [
      [60, 50],
      [7, 56],
      [0, 51],
    ]);
    expect(await read('h-3')).toMatchObject({ trend: 1, improvingWeeks: 0 });
  });
});
