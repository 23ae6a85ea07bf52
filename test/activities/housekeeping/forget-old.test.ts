import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { forgetOld } from '../../../activities/housekeeping/forget-old.ts';
import { defaultRetention } from '../../../activities/housekeeping/retention.ts';
import { openDatabase } from '../../../db/database.ts';
import type { Database } from '../../../db/database.ts';
import { OF_A_JOURNEY } from '../../../db/queries/housekeeping/purge-journeys.ts';
import { DAY_MS } from '../../../workflows/contracts/time.ts';
import { createTestDatabase } from '../../support/postgres.ts';

const NOW = Date.UTC(2040, 0, 1);
const ago = (days: number) => new Date(NOW - days * DAY_MS).toISOString();
const NONE = {
  usage: 0,
  figures: 0,
  told: 0,
  events: 0,
  words: 0,
  notices: 0,
  journeys: 0,
  others: 0,
  scores: 0,
  audit: 0,
};

let database: Database;
let account: string;
beforeAll(async () => void (database = openDatabase((await createTestDatabase()).url, { max: 2 })));
afterAll(() => database.close());
beforeEach(async () => {
  account = `acc-${randomUUID().slice(0, 8)}`;
  await database.sql`insert into accounts (id, name, plan, time_zone, facts, rev, created_at, updated_at)
    values (${account}, 'n', 'starter', 'UTC', '{}', 1, ${ago(4000)}, ${ago(4000)})`;
});

const forget = (batch?: number) =>
  forgetOld({ db: database.db, retention: defaultRetention, clock: () => NOW, ...(batch ? { batch } : {}) });
const left = async (table: string) =>
  Number((await database.sql`select count(*)::int as n from ${database.sql(table)}`)[0]!.n);

/** A journey of the account that ended so many days ago, or is open. */
async function journey(endedAgo: number | null, playbook = '002.trial'): Promise<string> {
  const [row] = await database.sql`
    insert into journeys (id, lock, kind, account_id, playbook, version, state, plan, anchor, options, timetable, rev, snapshot, snapshot_at,
      clock_shift, started_by, started_at, ended_at, concluded_at)
    values (gen_random_uuid(), ${`trial:${account}`}, 'trial', ${account}, ${playbook}, 1, ${endedAgo === null ? 'running' : 'ended'}, 'starter',
      ${ago(4000)}, '{}', '{}', 1, '{}', ${ago(4000)}, 0, 'test', ${ago((endedAgo ?? 0) + 14)},
      ${endedAgo === null ? null : ago(endedAgo)}, ${endedAgo === null ? null : ago(endedAgo)}) returning id`;
  return String(row!.id);
}

async function message(journeyId: string, daysAgo: number, given: { class?: string; state?: string } = {}) {
  const [row] = await database.sql`
    insert into messages (id, journey_id, account_id, step, n, contact_id, channel, class, state, attempt, "to", subject, text, template, template_major,
      template_minor, provider, message_id, headers, receipt, counts_for_cap, intended_at)
    values (gen_random_uuid(), ${journeyId}, ${account}, 's', 1, gen_random_uuid(), 'email', ${given.class ?? 'service'}, ${given.state ?? 'sent'}, 1,
      'ann@acme.example', 'Hello Ann', 'Dear Ann', 't', 1, 1, 'smtp', ${randomUUID()}, '{"To":"ann"}', 'ok', true, ${ago(daysAgo)}) returning id`;
  return String(row!.id);
}

async function task(journeyId: string | null, state: string, endedAgo: number | null) {
  await database.sql`
    insert into tasks (id, journey_id, account_id, key, n, title, instructions, owner_role, level, state, created_at, ended_at)
    values (gen_random_uuid(), ${journeyId}, ${account}, ${randomUUID()}, 1, 't', 'i', 'csm', 0, ${state}, ${ago(4000)},
      ${endedAgo === null ? null : ago(endedAgo)})`;
}

const wordsOf = async (id: string) => (await database.sql`select "to", text from messages where id = ${id}`)[0];
const journeys = async () =>
  (await database.sql`select id from journeys where account_id = ${account}`).map((row) => String(row.id)).sort();

describe('what has been kept long enough', () => {
  it('goes, each sort after its own time, and doing it again does nothing', async () => {
    const open = await journey(null);
    for (const days of [34, 36]) await database.sql`insert into usage_seen values (${randomUUID()}, 'h', ${ago(days)})`;
    for (const days of [399, 401])
      await database.sql`insert into events values (${randomUUID()}, ${account}, 'x.e', ${ago(days)}, ${ago(days)}, '{}', 'h', 'a')`;
    for (const days of [3652, 3654])
      await database.sql`insert into audit (at, actor, action, target, details) values (${ago(days)}, 'a', 'b', 'c', '{}')`;
    for (const days of [799, 801])
      await database.sql`insert into scores (account_id, model, version, at, confidence, inputs, contributions, cause, actor)
        values (${account}, 'm', 1, ${ago(days)}, 1, '{}', '[]', ${randomUUID()}, 'a')`;
    for (const days of [1095, 1097]) {
      await task(null, 'completed', days);
      await database.sql`insert into holds (id, account_id, level, reason, by, at, released_at)
        values (gen_random_uuid(), ${account}, 'person', 'r', 'x', ${ago(4000)}, ${ago(days)})`;
    }
    await task(null, 'open', null);
    for (const days of [729, 731])
      await database.sql`insert into pages (key, role, severity, title, state, told, attempts, at, changed_at)
        values (${randomUUID()}, 'r', 'critical', 't', 'resolved', 'resolved', 1, ${ago(days)}, ${ago(days)})`;
    for (const days of [399, 401])
      await database.sql`insert into contacts (id, account_id, role, position, name, email, removed_at)
        values (gen_random_uuid(), ${account}, 'primary', 0, 'Ann', 'ann@acme.example', ${ago(days)})`;
    await database.sql`insert into contacts (id, account_id, role, position, name, phone, removed_at)
      values (gen_random_uuid(), ${account}, 'billing', 1, 'Ben', '+4930123', ${ago(402)})`;
    expect(await forget(1)).toEqual({
      ...{
        usage: 1,
        figures: 0,
        told: 0,
        events: 1,
        words: 2,
        notices: 1,
        journeys: 0,
        others: 2,
        scores: 1,
        audit: 1,
      },
    });
    expect(await forget()).toEqual(NONE);
    for (const table of ['usage_seen', 'events', 'audit', 'scores', 'pages', 'holds'])
      expect(await left(table)).toBe(1);
    expect(await left('tasks')).toBe(2);
    const people = await database.sql`
      select name, email, phone from contacts where account_id = ${account} order by removed_at`;
    const nobody = { name: null, email: null, phone: null };
    expect(people).toEqual([nobody, nobody, { name: 'Ann', email: 'ann@acme.example', phone: null }]);
    expect(await journeys()).toEqual([open]);
  });

  it('leaves of figures by day their sum, and the newest value of a metric', async () => {
    const day = (days: number) => ago(days).slice(0, 10);
    const use = async (days: number, amount: number) =>
      database.sql`insert into usage_days values (${account}, 'runs', ${day(days)}, ${amount})`;
    for (const days of [399, 401, 402, 403]) await use(days, days);
    for (const [name, days] of [
      ['seats', 399],
      ['seats', 401],
      ['seats', 500],
      ['stale', 401],
      ['stale', 402],
    ] as const)
      await database.sql`insert into metrics values (${account}, ${name}, ${day(days)}, ${days}, ${ago(days)})`;
    expect((await forget(2)).figures).toBe(3 + 3);
    await use(404, 1);
    expect((await forget()).figures).toBe(1);
    expect((await forget()).figures).toBe(0);
    expect(
      await database.sql`select day::text, amount from usage_days where account_id = ${account} order by day`,
    ).toEqual([
      { day: '1970-01-01', amount: 401 + 402 + 403 + 1 },
      { day: day(399), amount: 399 },
    ]);
    expect(await database.sql`select name, value from metrics where account_id = ${account} order by name`).toEqual([
      { name: 'seats', value: 399 },
      { name: 'stale', value: 401 },
    ]);
  });

  it('loses its words first: not those of a legal notice, nor of what nobody has decided about', async () => {
    const open = await journey(null);
    const [young, old, legal, doubt] = [
      await message(open, 399),
      await message(open, 401),
      await message(open, 3000, { class: 'legal' }),
      await message(open, 3000, { state: 'in-doubt' }),
    ];
    const same = await Promise.all([1, 2, 3, 4].map(() => message(open, 500)));
    await forget(2);
    for (const id of [young, legal, doubt])
      expect(await wordsOf(id)).toEqual({ to: 'ann@acme.example', text: 'Dear Ann' });
    for (const id of [old, ...same]) expect(await wordsOf(id)).toEqual({ to: null, text: '' });
    expect((await forget()).words).toBe(0);
  });

  it('takes a journey with all of it, but the newest of an account and playbook, a proof and what somebody must still do', async () => {
    const gone = await journey(3000);
    const proven = await journey(2900);
    const proofOver = await journey(3700);
    const asked = await journey(2800);
    const doubtful = await journey(2700);
    const newest = await journey(2600);
    const other = await journey(2500, '003.onboarding');
    await message(gone, 3010);
    await task(gone, 'completed', 3000);
    await database.sql`insert into crm_sync (kind, external_id, account_id, remote_id, attempts, not_before)
      select 'task', id::text, account_id, 'remote', 0, ${ago(3000)} from tasks where journey_id = ${gone}`;
    await database.sql`insert into decisions (journey_id, step, n, account_id, kind, outcome, at, details, history)
      values (${gone}, 's', 1, ${account}, 'message', 'sent', ${ago(3000)}, '{}', '[]')`;
    await database.sql`insert into commands (journey_id, id, name, body, body_hash, reason, actor, state, received_at)
      values (${gone}, 'c', 'note', '{}', 'h', 'Ann called', 'cs', 'applied', ${ago(3000)})`;
    await message(proven, 2910, { class: 'legal' });
    await message(proofOver, 3710, { class: 'legal' });
    await task(asked, 'open', null);
    await message(doubtful, 2710, { state: 'in-doubt' });
    expect((await forget()).journeys).toBe(2);
    expect(await journeys()).toEqual([proven, asked, doubtful, newest, other].sort());
    for (const table of ['messages', 'tasks', 'decisions', 'commands'])
      expect(
        await database.sql`select 1 from ${database.sql(table)} where journey_id = any(${[gone, proofOver]}::uuid[])`,
      ).toEqual([]);
    // Whoever is erased later is erased there, too.
    expect(await database.sql`select remote_id from crm_sync where account_id = ${account}`).toEqual([
      { remote_id: 'remote' },
    ]);
    expect((await forget()).journeys).toBe(0);
  });

  it('names every table of a journey', async () => {
    const rows = await database.sql`select table_name from information_schema.columns where column_name = 'journey_id'`;
    const apart = ['bulk_items', 'incidents', 'broadcasts'];
    expect(
      rows
        .map((row) => String(row.table_name))
        .filter((name) => !apart.includes(name))
        .sort(),
    ).toEqual([...OF_A_JOURNEY].sort());
  });
});
