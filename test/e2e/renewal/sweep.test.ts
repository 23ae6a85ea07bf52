import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { DAY_MS } from '../../../workflows/contracts/time.ts';
import { startRig } from '../../../workers/rehearse/rig.ts';
import type { Rig } from '../../../workers/rehearse/rig.ts';
import { eventually } from '../../support/eventually.ts';
import { testGround } from '../../support/ground.ts';

const TODAY = Date.UTC(2027, 0, 15, 6);
const day = (offset: number) => new Date(TODAY + offset * DAY_MS).toISOString().slice(0, 10);

async function sweepingRig(renewalsPerSecond: number): Promise<Rig> {
  const rig = await startRig(await testGround(), { renewalsPerSecond });
  onTestFinished(() => rig.stop());
  rig.shiftTo(TODAY);
  return rig;
}

type Some = { count: number; date: string; plan?: string; closed?: boolean };

/** Runs of all tests share one engine: accounts are named after their rig. */
const named = ({ taskQueue }: Rig, group: string) => `${group}-${taskQueue}`;

/** Accounts in bulk, each with one contact. */
async function accounts(rig: Rig, group: string, { count, date, plan, closed }: Some) {
  const { sql } = rig.database;
  const prefix = named(rig, group);
  const at = new Date(TODAY).toISOString();
  await sql`
    insert into accounts (id, name, plan, time_zone, facts, rev, created_at, updated_at, closed_at)
    select ${prefix}::text || '-' || lpad(i::text, 6, '0'), 'Lakeside', ${plan ?? 'professional'}::text, 'America/New_York',
      jsonb_build_object('renewal_date', ${date}::text, 'auto_renew', true), 1, ${at}::timestamptz, ${at}::timestamptz,
      ${closed ? at : null}::timestamptz
    from generate_series(1, ${count}::int) i`;
  await sql`
    insert into contacts (id, account_id, role, position, email)
    select gen_random_uuid(), id, 'primary', 0, id || '@example.com' from accounts where id like ${`${prefix}-%`}`;
}

async function sweep(rig: Rig): Promise<{ started: number; refused: number }> {
  const { client, taskQueue } = rig;
  return client.workflow.execute('renewalSweep', { taskQueue, workflowId: `sweep-${randomUUID()}` });
}

const renewals = async ({ database: { sql } }: Rig) =>
  sql<{ account_id: string; state: string; n: number }[]>`
    select account_id, min(state) as state, count(*)::int as n from journeys where kind = 'renewal' group by 1 order by 1`;

it('starts, of 5,000 accounts, the 100 that come within reach, each once, and none a second time', async () => {
  const rig = await sweepingRig(200);
  await accounts(rig, 'far', { count: 4700, date: day(200) });
  await accounts(rig, 'due', { count: 100, date: day(61) });
  await accounts(rig, 'community', { count: 100, date: day(40), plan: 'community' });
  await accounts(rig, 'closed', { count: 50, date: day(40), closed: true });
  await accounts(rig, 'past', { count: 50, date: day(-30) });
  expect(await sweep(rig)).toEqual({ started: 100, refused: 0 });
  const started = await renewals(rig);
  expect(started).toHaveLength(100);
  expect(started.every((one) => one.account_id.startsWith('due-') && one.n === 1)).toBe(true);
  await eventually('all run', async () => (await renewals(rig)).every(({ state }) => state === 'running'));
  const audited = await rig.call<{ items: unknown[] }>('GET', '/v1/audit?limit=1');
  expect(audited.body.items).toMatchObject([{ action: 'journey.start', actor: 'system:renewal-sweep' }]);
  expect(await sweep(rig)).toEqual({ started: 0, refused: 0 });
});

it('catches up once after ten days away, also with dates that passed meanwhile', async () => {
  const rig = await sweepingRig(200);
  await accounts(rig, 'due', { count: 3, date: day(61) });
  expect((await sweep(rig)).started).toBe(3);
  rig.setNow(TODAY + 10 * DAY_MS);
  await accounts(rig, 'later', { count: 20, date: day(70) });
  await accounts(rig, 'missed', { count: 2, date: day(5) });
  await accounts(rig, 'long-ago', { count: 2, date: day(-5) });
  expect(await sweep(rig)).toEqual({ started: 22, refused: 0 });
  expect(await sweep(rig)).toEqual({ started: 0, refused: 0 });
});

it('starts nothing for a term whose renewal is concluded, and the next term when its time comes', async () => {
  const rig = await sweepingRig(200);
  await accounts(rig, 'due', { count: 1, date: day(50) });
  expect((await sweep(rig)).started).toBe(1);
  const [row] = await rig.database.sql<{ id: string }[]>`select id from journeys where kind = 'renewal'`;
  const exit = { command: 'exit', reason: 'handled by hand', id: 'exit-1' };
  expect((await rig.call('POST', `/v1/journeys/${row!.id}/commands`, exit)).status).toBe(200);
  await eventually(
    'the end',
    async () => (await rig.call<{ state: string }>('GET', `/v1/journeys/${row!.id}`)).body.state === 'ended',
  );
  expect((await sweep(rig)).started).toBe(0);
  await rig.database.sql`update accounts set facts = facts || jsonb_build_object('renewal_date', ${day(80)}::text)`;
  rig.setNow(TODAY + 30 * DAY_MS);
  expect((await sweep(rig)).started).toBe(1);
});

it('goes on where it was when its worker dies, and starts nobody twice', async () => {
  const first = await sweepingRig(5);
  await accounts(first, 'due', { count: 30, date: day(61) });
  const running = sweep(first);
  await eventually('some are started', async () => (await renewals(first)).length >= 5);
  await first.worker.stop();
  const ground = await testGround();
  const second = await startRig(ground, { renewalsPerSecond: 100, same: first.same });
  onTestFinished(() => second.stop());
  second.shiftTo(TODAY);
  await running;
  // What was opened and never started is the dispatcher's, after a moment.
  second.setNow(TODAY + 60_000);
  const started = await renewals(second);
  expect(started.map(({ n }) => n)).toEqual(Array(30).fill(1));
  await eventually('all run', async () => (await renewals(second)).every(({ state }) => state === 'running'));
});

it('keeps to its rate', async () => {
  const rig = await sweepingRig(10);
  await accounts(rig, 'due', { count: 30, date: day(61) });
  const began = performance.now();
  expect((await sweep(rig)).started).toBe(30);
  expect(performance.now() - began).toBeGreaterThan(2_900);
});

it('leaves out an account that cannot start, says why once until the reason changes, and starts the others', async () => {
  const rig = await sweepingRig(100);
  await accounts(rig, 'due', { count: 3, date: day(61) });
  const account = `${named(rig, 'due')}-000002`;
  const know = (facts: object) => rig.database.sql`
    update accounts set facts = facts || ${JSON.stringify(facts)}::text::jsonb where id = ${account}`;
  const trail = async () => {
    const { body } = await rig.call<{ items: { action: string; details: { code: string } }[] }>(
      'GET',
      `/v1/audit?target=account:${account}&action=journey.not-started`,
    );
    return body.items.map(({ details }) => details);
  };
  await know({ auto_renew: 'perhaps' });
  expect(await sweep(rig)).toEqual({ started: 2, refused: 1 });
  const playbook = '001.renewal-reminders';
  const first = { playbook, code: 'condition-failed' };
  expect(await trail()).toEqual([first]);
  rig.setNow(TODAY + DAY_MS);
  expect(await sweep(rig)).toEqual({ started: 0, refused: 1 });
  expect(await trail()).toEqual([first]);
  await know({ auto_renew: true, renewal_date: `${day(61)}T25:00` });
  expect(await sweep(rig)).toEqual({ started: 0, refused: 1 });
  expect(await sweep(rig)).toEqual({ started: 0, refused: 1 });
  expect(await trail()).toEqual([{ playbook, code: 'invalid-date' }, first]);
});
