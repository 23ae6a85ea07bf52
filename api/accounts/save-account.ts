import type { Tx } from '../../db/database.ts';
import { putAccount } from '../../db/queries/accounts/put-account.ts';
import type { NewContact } from '../../db/queries/accounts/put-account.ts';
import { readContacts } from '../../db/queries/accounts/read-account.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { isTimeZone, zoneRules } from '../../playbooks/calendar/zone-rules.ts';
import { planOf } from '../../playbooks/plans.ts';
import { recipientZone } from '../../playbooks/prepare-start.ts';
import type { AccountBody } from '../../workflows/contracts/api.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { checkFacts } from '../playbooks/catalog.ts';
import type { Catalog } from '../playbooks/catalog.ts';
import { InvalidRequest } from '../problem.ts';
import { tellAccount } from './tell-account.ts';

export type SaveAccount = {
  id: string;
  body: AccountBody;
  actor: string;
  catalog: Catalog;
  systemZone: string;
  now: number;
};

/** Writes an account whole; open journeys are told of a changed zone or plan in the same transaction. True when the account is new. */
export async function saveAccount(tx: Tx, save: SaveAccount): Promise<boolean> {
  const { id, body, actor, systemZone, now } = save;
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
    if (after.plan !== before.plan)
      await tellAccount(tx, id, { type: 'account.plan_changed', fields: { plan: after.plan } }, actor, now);
  }
  await recordAudit(tx, {
    at: new Date(now),
    actor,
    action: before ? 'account.change' : 'account.create',
    target: `account:${id}`,
    details: { rev: after.rev, contacts: body.contacts.length },
  });
  return !before;
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
