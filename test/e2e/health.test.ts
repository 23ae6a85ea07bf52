import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomUUID } from 'node:crypto';
import type { HealthSwept } from '../../workflows/contracts/health.ts';
import { startRig } from '../../workers/rehearse/rig.ts';
import type { Rig } from '../../workers/rehearse/rig.ts';
import { eventually } from '../support/eventually.ts';
import { testGround } from '../support/ground.ts';

const DAY = 86_400_000;
let rig: Rig;
beforeAll(async () => void (rig = await startRig(await testGround())));
afterAll(() => rig.stop());

type Score = { score: number; band: string; cause: string };
type Items<T> = { items: T[] };
const scoresOf = async (account: string) =>
  (await rig.call<Items<Score>>('GET', `/v1/accounts/${account}/scores`)).body.items;
const journeysOf = async (account: string) =>
  (await rig.call<Items<{ playbook: string; state: string }>>('GET', `/v1/journeys?account=${account}`)).body.items;

/** An account that has used the product well for two months, but for the last week. */
async function account(lastWeek: number): Promise<string> {
  const id = `health-${randomUUID().slice(0, 8)}`;
  const contacts = [{ role: 'primary', email: `${id}@example.com`, name: 'Ada', consent: { email: true } }];
  const body = { name: 'Acme', plan: 'starter', timeZone: 'UTC', contacts };
  expect((await rig.call('PUT', `/v1/accounts/${id}`, body)).status).toBe(201);
  await send(id, 'metrics_recorded', { features_used: 1, features_available: 10, support_sentiment: -1 });
  const at = (daysAgo: number) => new Date(rig.now() - daysAgo * DAY).toISOString();
  const events = [...Array(60).keys()].map((daysAgo) => ({
    ...{ id: randomUUID(), account: id, type: 'usage_recorded', at: at(daysAgo) },
    data: { conversations: daysAgo < 7 ? lastWeek : 20 },
  }));
  expect((await rig.call('POST', '/v1/events', { events })).status).toBe(202);
  return id;
}
const send = (id: string, type: string, data: Record<string, unknown> = {}) =>
  rig.call('POST', '/v1/events', { events: [{ id: randomUUID(), account: id, type, data }] });

describe('health', () => {
  test('is swept by a workflow; a band that has become worse starts the journey for it', async () => {
    const [well, badly] = [await account(20), await account(0)];
    await rig.call('POST', `/v1/accounts/${badly}/scores`, { model: '002.health.score', score: 90 });
    await rig.call('PUT', `/v1/accounts/${badly}`, {
      ...{ name: 'Acme', plan: 'starter', timeZone: 'UTC', facts: { payment_status: 'past-due' } },
      contacts: [{ role: 'primary', email: `${badly}@example.com`, name: 'Ada', consent: { email: true } }],
    });
    const started = await rig.call<{ workflow: string }>('POST', '/v1/health/sweep', {});
    expect(started.status).toBe(202);
    const swept = (await rig.client.workflow.getHandle(started.body.workflow).result()) as HealthSwept;
    expect(swept).toMatchObject({ stored: swept.accounts, drops: 1 });
    expect(await scoresOf(well)).toMatchObject([{ band: 'medium' }]);
    const scores = await scoresOf(badly);
    const [score] = scores;
    expect(score!.score).toBeLessThan(scores.at(-1)!.score);
    const band = (await rig.call<{ bands: { band: string }[] }>('GET', `/v1/accounts/${badly}/health`)).body.bands[0]!
      .band;
    expect(band).toBe(score!.band);
    expect(score!.band).not.toBe('low');
    const journeys = await eventually('a journey for the band', async () => {
      const open = await journeysOf(badly);
      return open.some((one) => one.state === 'running') ? open : undefined;
    });
    expect(journeys.map((one) => one.playbook)).toContain(`002.churn.${band}-risk`);
  });

  test('is scored by an event that warns, without a sweep', async () => {
    const id = await account(20);
    await send(id, 'payment_failure');
    const [score] = await eventually('a score', async () => {
      const found = await scoresOf(id);
      return found.length > 0 ? found : undefined;
    });
    expect(score!.cause).toMatch(/^event:/);
  });
});
