import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RemoteCrm } from '../../../activities/crm/remote-crm.ts';
import { syncCrm } from '../../../activities/crm/sync-crm.ts';
import { openDatabase } from '../../../db/database.ts';
import type { Database } from '../../../db/database.ts';
import { changePlan } from '../../../db/queries/accounts/change-plan.ts';
import { putAccount } from '../../../db/queries/accounts/put-account.ts';
import { beginLook } from '../../../db/queries/crm/looks.ts';
import { tellAgain } from '../../../db/queries/crm/find-linked.ts';
import { untold } from '../../../db/queries/crm/untold.ts';
import type { CrmKind, Untold } from '../../../db/queries/crm/untold.ts';
import { addNote, setStage } from '../../../db/queries/crm/write-crm.ts';
import { accounts, crmNotes, crmSync } from '../../../db/schema/index.ts';
import { projectRoot } from '../../../temporal-config/root.ts';
import { DAY_MS } from '../../../workflows/contracts/time.ts';
import { createTestDatabase } from '../../support/postgres.ts';

let database: Database;
let now = Date.UTC(2026, 2, 2, 10);
beforeEach(async () => {
  database = openDatabase((await createTestDatabase()).url, { max: 4 });
  now = Date.UTC(2026, 2, 2, 10);
  return () => database.close();
});

/** A remote CRM in memory that says of each object what the test has it say. */
function remote(answer: (object: Untold) => 'told' | 'refused' | 'silent' = () => 'told') {
  const heard: string[] = [];
  const crm: RemoteCrm = {
    batch: 1_000,
    prepare: () => Promise.resolve(),
    forget: () => Promise.resolve(),
    upsert: (_kind, objects) => {
      heard.push(...objects.map((one) => `${one.kind} ${one.externalId}`));
      const of = (what: string) => objects.filter((one) => answer(one) === what);
      return Promise.resolve({
        told: of('told').map(({ externalId }) => ({ externalId, remoteId: `r-${externalId}` })),
        refused: of('refused').map(({ externalId }) => ({ externalId, code: 'invalid' })),
      });
    },
  };
  return { heard, crm };
}

async function sync(answer?: Parameters<typeof remote>[0]): Promise<string[]> {
  const { crm, heard } = remote(answer);
  await syncCrm({ database, remote: crm, clock: () => now }, () => Promise.resolve(true));
  return heard.filter((one) => !one.startsWith('task '));
}

const account = (id: string, name = 'Lakeside') =>
  database.db.transaction((tx) =>
    putAccount(tx, { id, name, plan: 'starter', timeZone: 'UTC', facts: {}, contacts: [] }, new Date(now)),
  );
const note = (accountId: string, key = `${accountId}/n`) =>
  database.db.transaction((tx) => addNote(tx, { key, accountId, text: 'Began.', author: 'a', at: new Date(now) }));

/** As if all had been written long ago: a transaction in another test's database may keep the looks from going on. */
async function longAgo(): Promise<void> {
  for (const table of ['accounts', 'crm_notes']) await database.sql`update ${database.sql(table)} set changed_in = '3'`;
  await database.sql`update crm_sync set stirred_in = '3'`;
}

describe('a mirror that looks at what has changed', () => {
  it('tells each change once, whoever makes it', async () => {
    await account('acme');
    await note('acme');
    expect(await sync()).toEqual(['company acme', 'note acme/n']);
    expect(await sync()).toEqual([]);
    await database.db.transaction((tx) => setStage(tx, { accountId: 'acme', stage: 'trial', at: new Date(now) }));
    expect(await sync()).toEqual(['company acme']);
    await database.db.transaction((tx) => setStage(tx, { accountId: 'acme', stage: 'customer', at: new Date(now) }));
    expect(await sync()).toEqual(['company acme']);
    await database.db.transaction((tx) => changePlan(tx, 'acme', 'professional', new Date(now)));
    await note('acme', 'acme/second');
    expect(await sync()).toEqual(['company acme', 'note acme/second']);
    await database.db.transaction((tx) => tellAgain(tx, 'note', 'acme/n'));
    expect(await sync()).toEqual(['note acme/n']);
    expect(await sync()).toEqual([]);
  });

  it('sees what commits after the look that its transaction began before', async () => {
    await account('acme');
    await account('other');
    await sync();
    let commit!: () => void;
    const held = new Promise<void>((resolve) => (commit = resolve));
    let wrote!: () => void;
    const written = new Promise<void>((resolve) => (wrote = resolve));
    const late = database.db.transaction(async (tx) => {
      await addNote(tx, { key: 'late', accountId: 'acme', text: 'Late.', author: 'a', at: new Date(now) });
      wrote();
      await held;
    });
    await written;
    await note('other', 'early');
    expect(await sync()).toEqual(['note early']);
    await note('other', 'next');
    expect(await sync()).toEqual(['note next']);
    commit();
    await late;
    expect(await sync()).toEqual(['note late']);
  });

  it('comes back to what got no answer, and to what waited for its company', async () => {
    await account('acme', 'Refused');
    await note('acme');
    await account('quiet');
    const first = await sync((one) => (one.externalId === 'acme' ? 'refused' : 'silent'));
    expect(first).toEqual(['company acme', 'company quiet']);
    expect(await sync((one) => (one.externalId === 'quiet' ? 'silent' : 'told'))).toEqual(['company quiet']);
    expect(await sync()).toEqual(['company quiet']);
    await account('acme', 'Mended');
    expect(await sync()).toEqual(['company acme', 'note acme/n']);
    expect(await sync()).toEqual([]);
  });

  it('looks at everything once a day, and in a database whose transactions are counted anew', async () => {
    await account('acme');
    await sync();
    await database.sql`update accounts set name = 'By hand' where id = 'acme'`;
    await longAgo();
    expect(await sync()).toEqual([]);
    now += DAY_MS;
    expect(await sync()).toEqual(['company acme']);
    await database.sql`update accounts set name = 'Restored' where id = 'acme'`;
    await longAgo();
    await database.sql`update crm_looks set seen = '999999999'`;
    expect(await sync()).toEqual(['company acme']);
  });

  it('touches no more rows than have changed, however many there are', async () => {
    await account('acme');
    await account('other');
    await sync();
    // Written as of long ago, not touched since: what another test's old transaction keeps from being vacuumed misleads the planner.
    const many = [...Array(4_000).keys()].map((i) => `acc-${i}`);
    const at = new Date(now);
    const old = { accountId: 'acme', remoteId: 'r', told: 'told', attempts: 1, notBefore: at, stirredIn: '3' };
    await database.db.insert(accounts).values(
      many.map((id) => ({
        ...{ id, name: 'n', plan: 'starter', timeZone: 'UTC', facts: {}, rev: 1, createdAt: at, updatedAt: at },
        changedIn: '3',
      })),
    );
    await database.db
      .insert(crmNotes)
      .values(many.map((id) => ({ key: id, accountId: id, text: 'x', author: 'a', at, changedIn: '3' })));
    for (const kind of ['company', 'note'])
      await database.db.insert(crmSync).values(many.map((id) => ({ ...old, kind, externalId: id, accountId: id })));
    await database.sql`analyze`;
    await note('acme', 'fresh');
    await note('other', 'fresh too');
    for (const [kind, found] of [
      ['company', 0],
      ['note', 2],
    ] as [CrmKind, number][]) {
      const touched = await database.db.transaction(async (tx) => {
        const look = await beginLook(tx, { kind, now: at, wholeBefore: new Date(now - DAY_MS) });
        expect(await untold(tx, { kind, now: at, limit: 100, seen: look.from })).toHaveLength(found);
        const [sum] = await tx.execute<{ n: number }>(
          sql`select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as n from pg_stat_xact_user_tables`,
        );
        return sum!.n;
      });
      expect(touched).toBeLessThan(100);
    }
  });

  it('is told of every change that SQL by hand makes', () => {
    const folder = join(projectRoot(), 'db', 'queries');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const updates = files.flatMap((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return [...text.matchAll(/update (accounts|contacts|tasks|crm_(?:accounts|notes|opportunities))\b[^`]*/g)].map(
        ([statement]) => ({ name, statement }),
      );
    });
    expect(updates.length).toBeGreaterThan(4);
    expect(updates.filter(({ statement }) => !statement.includes('changed_in'))).toEqual([]);
  });
});
