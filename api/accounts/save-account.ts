import { randomUUID } from 'node:crypto';
import type { Tx } from '../../db/database.ts';
import { putAccount } from '../../db/queries/accounts/put-account.ts';
import type { NewContact } from '../../db/queries/accounts/put-account.ts';
import { readContacts } from '../../db/queries/accounts/read-account.ts';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { isTimeZone, zoneRules } from '../../playbooks/calendar/zone-rules.ts';
import { planOf } from '../../playbooks/plans.ts';
import { recipientZone } from '../../playbooks/prepare-start.ts';
import type { AccountBody } from '../../workflows/contracts/api.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { checkFacts } from '../playbooks/catalog.ts';
import type { Catalog } from '../playbooks/catalog.ts';
import { InvalidRequest } from '../problem.ts';
import { storeChanges } from '../events/account-events.ts';
import { followEvents } from '../events/follow-events.ts';
import { mustBeOfCustomers } from './of-customers.ts';
import { tellAccount } from './tell-account.ts';

export type SaveAccount = {
  id: string;
  body: AccountBody;
  actor: string;
  catalog: Catalog;
  systemZone: string;
  now: number;
  clockShift?: number;
};

/** Writes an account whole; open journeys are told of a changed zone or plan in the same transaction. Answers whether it is new, and the journeys that began. */
export async function saveAccount(tx: Tx, save: SaveAccount): Promise<{ created: boolean; started: JourneyRow[] }> {
  const { id, body, actor, systemZone, now } = save;
  mustBeOfCustomers(id);
  check(save);
  const peopleBefore = await readContacts(tx, id);
  const { before, after } = await putAccount(
    tx,
    { id, ...body, contacts: body.contacts.map((person) => toContact(person, save)) },
    new Date(now),
  );
  if (before?.erasedAt || before?.closedAt)
    throw new TenureError('account-closed', `The account ${id} is closed or erased.`, { account: id });
  if (before) {
    const zoneBefore = recipientZone({ contacts: peopleBefore, account: { ...before, facts: {} }, systemZone });
    const zone = recipientZone({ contacts: await readContacts(tx, id), account: { ...after, facts: {} }, systemZone });
    if (zone !== zoneBefore)
      await tellAccount(
        tx,
        id,
        { type: 'account.zone_changed', fields: { zone }, zone: zoneRules(zone, now - 2 * 86_400_000) },
        actor,
        now,
      );
  }
  const started = await changed(tx, save, before, after);
  await recordAudit(tx, {
    at: new Date(now),
    actor,
    action: before ? 'account.change' : 'account.create',
    target: `account:${id}`,
    details: { rev: after.rev, contacts: body.contacts.length },
  });
  return { created: !before, started };
}

/** What somebody may wait for: a fact that dates count from, and the plan; a new account has had neither before. */
async function changed(tx: Tx, save: SaveAccount, before: AccountRow | undefined, after: AccountRow) {
  const { id, actor, catalog, systemZone, now, clockShift } = save;
  const was = before ?? { ...after, facts: {} };
  const events = await storeChanges(tx, { cause: randomUUID(), before: was, after }, { catalog, actor, now });
  const accounts = new Map([[id, after]]);
  return followEvents(tx, { events, accounts, catalog, actor, systemZone, now, clockShift });
}

function check({ body, catalog, now }: SaveAccount): void {
  planOf(body.plan);
  const zones = [
    { zone: body.timeZone, pointer: '/timeZone' },
    ...body.contacts.map((c, i) => ({ zone: c.timeZone, pointer: `/contacts/${i}/timeZone` })),
  ];
  for (const { zone, pointer } of zones)
    if (zone !== undefined && !isTimeZone(zone))
      throw new TenureError('invalid-zone', 'The time zone is not a known IANA zone.', {
        errors: [{ pointer, detail: 'unknown time zone' }],
      });
  const roles = body.contacts.map((contact) => contact.role);
  const twice = roles.findIndex((role, index) => roles.indexOf(role) !== index);
  if (twice >= 0)
    throw new InvalidRequest([{ pointer: `/contacts/${twice}/role`, detail: 'another contact has this role' }]);
  for (const [i, { consent }] of body.contacts.entries())
    for (const channel of ['email', 'sms'] as const) {
      const given = consent[channel];
      if (typeof given === 'object' && given.at !== undefined && Date.parse(given.at) > now + 86_400_000)
        throw new TenureError('invalid-date', 'A consent cannot lie in the future.', {
          errors: [{ pointer: `/contacts/${i}/consent/${channel}/at`, detail: 'in the future' }],
        });
    }
  if (body.facts) checkFacts(catalog, body.facts, '/facts');
}

function toContact({ consent, ...person }: AccountBody['contacts'][number], { actor, now }: SaveAccount): NewContact {
  const consents = (['email', 'sms'] as const).flatMap((channel) => {
    const word = consent[channel];
    if (word === undefined) return [];
    const {
      given,
      source = actor,
      at,
    } = typeof word === 'object' ? word : { given: word, source: undefined, at: undefined };
    return [{ channel, given, source, at: at === undefined ? new Date(now) : new Date(at) }];
  });
  return { ...person, consents };
}
