import { asc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../../db/database.ts';
import type { Database } from '../../../db/database.ts';
import { putMetrics } from '../../../db/queries/accounts/put-metrics.ts';
import { loadRecipient, loadTouch } from '../../../db/queries/touches/load-touch.ts';
import { accounts, consents, contacts, holds, stops, suppressions } from '../../../db/schema/index.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import type { TestDatabase } from '../../support/postgres.ts';

const NOW = new Date('2026-03-02T15:00:00.123Z');
const at = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);
const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
let scratch: TestDatabase;
let database: Database;

beforeAll(async () => {
  scratch = await createTestDatabase();
  database = openDatabase(scratch.url, { max: 2 });
  const { db } = database;
  const base = { name: 'A "quoted" name', plan: 'starter', timeZone: 'UTC', rev: 1, createdAt: NOW, updatedAt: NOW };
  await db.insert(accounts).values(['acme', 'other'].map((one) => ({ id: one, facts: { text: '"7"' }, ...base })));
  const person = { accountId: 'acme', role: 'primary' };
  await db.insert(contacts).values([
    { ...person, id: id(2), position: 1, email: 'b@example.com', removedAt: at(-5) },
    { ...person, id: id(1), position: 0, name: 'Ann', timeZone: 'Asia/Tokyo' },
    { ...person, id: id(3), position: 0, accountId: 'other' },
  ]);
  const hold = { accountId: 'acme', level: 'person', reason: 'x', by: 'y' };
  await db.insert(holds).values([
    { ...hold, id: id(4), at: at(-1), until: at(1), contactId: id(1) },
    { ...hold, id: id(5), at: at(-2) },
    { ...hold, id: id(6), at: at(-3), until: NOW },
    { ...hold, id: id(7), at: at(-3), releasedAt: at(-1), releasedBy: 'z' },
    { ...hold, id: id(8), at: at(-3), accountId: 'other' },
  ]);
  const stop = { scope: 'channel', target: 'email', reason: 'x', by: 'y', at: at(-9) };
  await db.insert(stops).values([
    { ...stop, id: id(4), until: at(-1) },
    { ...stop, id: id(5), releasedAt: NOW, releasedBy: 'z' },
  ]);
  await db.transaction((tx) => putMetrics(tx, [{ accountId: 'acme', name: 'seats', value: 2.5, at: at(-60) }]));
});
afterAll(async () => {
  await database.close();
  await scratch.drop();
});

it('reads an account and all that decides about a touch as queries of their own would', async () => {
  const { db } = database;
  const found = await db.transaction((tx) => loadTouch(tx, 'acme', NOW));
  const [account] = await db.select().from(accounts).where(eq(accounts.id, 'acme'));
  expect(found.account).toEqual(account);
  const people = db.select().from(contacts).where(eq(contacts.accountId, 'acme')).orderBy(asc(contacts.position));
  expect(found.contacts).toEqual(await people);
  expect(found.contacts.map((one) => one.removedAt)).toEqual([null, at(-5)]);
  expect(found.holds.map((one) => [one.id, one.until])).toEqual([
    [id(5), null],
    [id(4), at(1)],
  ]);
  expect(found.stops).toEqual(
    await db
      .select()
      .from(stops)
      .where(eq(stops.id, id(4))),
  );
  expect(found.metrics).toEqual([{ name: 'seats', value: 2.5 }]);
  expect(await db.transaction((tx) => loadTouch(tx, 'nobody', NOW))).toMatchObject({ account: undefined, stops: [] });
});

it('takes a contact’s newest word, and of two of one moment the withdrawal', async () => {
  const { db } = database;
  const of = (channel: string, addressHash: string | null) =>
    db.transaction((tx) =>
      loadRecipient(tx, { contactId: id(1), channel, addressHash, class: 'marketing', since: [at(-60), at(-1)] }),
    );
  expect(await of('email', 'h')).toEqual({ consent: null, suppressed: [], sent: [0, 0] });
  const word = { contactId: id(1), channel: 'email', source: 'x', at: at(-2), recordedAt: at(-2) };
  await db.insert(consents).values([
    { ...word, id: id(1), given: true },
    { ...word, id: id(2), given: false },
    { ...word, id: id(3), given: true, recordedAt: at(-3) },
  ]);
  const why = { addressHash: 'h', source: 'x', at: NOW };
  await db.insert(suppressions).values([
    { ...why, channel: 'all', scope: 'all', reason: 'complaint' },
    { ...why, channel: 'sms', scope: 'all', reason: 'stop' },
  ]);
  expect(await of('email', 'h')).toEqual({
    consent: false,
    suppressed: [{ scope: 'all', reason: 'complaint' }],
    sent: [0, 0],
  });
  expect(await of('email', null)).toMatchObject({ suppressed: [] });
});
