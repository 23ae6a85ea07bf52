import { eq, inArray } from 'drizzle-orm';
import { stringify } from 'yaml';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { catalogReader, mustFind } from '../../../api/playbooks/catalog.ts';
import { openJourneys } from '../../../api/journeys/open-journeys.ts';
import { lockAccounts } from '../../../db/queries/accounts/read-account.ts';
import { audit, holds, journeys, watches } from '../../../db/schema/index.ts';
import { smallPlaybook } from '../../playbooks/fixture.ts';
import { anAccount, apiFixture, freshId } from '../api-fixture.ts';
import type { ApiFixture } from '../api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => void (api = await apiFixture()));
afterAll(() => api.close());

it('journeys that are opened many at once hold back and watch what one that is opened alone does, once', async () => {
  const { db } = api.database;
  const [saved, watched, other] = [freshId(), freshId(), freshId()];
  const ids = [saved, watched, other];
  for (const account of ids)
    expect((await api.call('PUT', `/v1/accounts/${account}`, { body: anAccount() })).status).toBe(201);
  const catalog = await catalogReader()(db);
  const playbooks = {
    [saved]: '002.churn.high-risk',
    [watched]: '002.onboarding.milestones',
    [other]: '002.churn.medium-risk',
  };
  const open = () =>
    db.transaction(async (tx) =>
      openJourneys(tx, {
        ...{ accounts: await lockAccounts(tx, ids), actor: 'test', systemZone: 'UTC', now: Date.now() },
        playbookOf: (account) => mustFind(catalog, playbooks[account.id]!),
      }),
    );
  expect((await open()).rows.map((row) => row.playbook).sort()).toEqual(Object.values(playbooks).sort());
  expect(await open()).toEqual({ rows: [], refused: 0 });

  const rows = await db.select().from(journeys).where(inArray(journeys.accountId, ids));
  const idOf = (account: string) => rows.find((row) => row.accountId === account)!.id;
  const standing = await db.select().from(holds).where(inArray(holds.accountId, ids));
  expect(standing).toMatchObject([{ accountId: saved, level: 'churn-save', by: `journey:${idOf(saved)}` }]);
  expect(await db.select().from(watches).where(inArray(watches.accountId, ids))).toMatchObject([
    { journeyId: idOf(watched), id: 'daily-habit', metric: 'active_days_14' },
  ]);
  const begun = await db
    .select()
    .from(audit)
    .where(eq(audit.target, `journey:${idOf(saved)}`));
  expect(begun).toHaveLength(1);
});

it('a journey knows how its account does as it begins', async () => {
  const flags = {
    low: { doc: 'low', initially: 'health.score < 40.0' },
    known: { doc: 'known', initially: 'health.band == "high"' },
    well: { doc: 'well', initially: 'health.band == "low"' },
  };
  const playbook = { ...smallPlaybook(), id: '901.asks', flags: { ...smallPlaybook().flags, ...flags } };
  const published = await api.call('POST', '/v1/playbooks', { body: { source: stringify(playbook) } });
  expect(published.status, published.text).toBe(201);
  const account = freshId();
  expect((await api.call('PUT', `/v1/accounts/${account}`, { body: anAccount({ plan: 'starter' }) })).status).toBe(201);
  const score = { model: '002.health.score', score: 35 };
  const given = await api.call('POST', `/v1/accounts/${account}/scores`, { body: score });
  expect(given.status, given.text).toBeLessThan(300);
  const answer = await api.call('POST', '/v1/journeys', { body: { playbook: playbook.id, account } });
  expect(answer.status, answer.text).toBeLessThan(300);
  const [row] = await api.database.db
    .select()
    .from(journeys)
    .where(eq(journeys.id, answer.body.id as string));
  expect(Object.keys(row!.snapshot.flags).sort()).toEqual(['known', 'low']);
});
