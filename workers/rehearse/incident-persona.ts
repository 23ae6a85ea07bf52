import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { accounts, consents, contacts, gates } from '../../db/schema/index.ts';
import { BusinessClass, IncidentCommand, IncidentStatus, Severity } from '../../workflows/contracts/incidents.ts';
import { isIncidentKind } from '../../workflows/contracts/incident-kinds.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { IsoDuration } from '../../workflows/contracts/time-schema.ts';
import type { Item } from './persona-driver.ts';
import type { Persona } from './persona.ts';
import type { Rig } from './rig.ts';

/** A status word in any case. */
const StatusWord = z
  .string()
  .transform((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
  .pipe(IncidentStatus);
const Count = z.number().int().min(0).max(20_000);

/** What a persona of an incident may say besides: how severe it is, whom it touches (a number, or numbers by plan) and what the public is told when. */
export const incidentFields = {
  severity: Severity.optional(),
  class: BusinessClass.optional(),
  affected: z
    .union([
      Count,
      z.record(z.string(), Count),
      z.array(
        z.union([
          z.string(),
          z.strictObject({ plan: z.string(), accounts: Count.optional(), count: Count.optional() }),
        ]),
      ),
    ])
    .optional(),
  updates: z
    .array(
      z.strictObject({
        after: IsoDuration,
        status: StatusWord,
        message: z.string().optional(),
        nextUpdateInMinutes: z.number().int().positive().optional(),
      }),
    )
    .optional(),
};

const isIncident = ({ kind }: Playbook) => isIncidentKind(kind);

/** An incident needs no account of its own: what a persona leaves out is an ordinary one. */
export function withDefaults(json: unknown, playbook: Playbook): unknown {
  if (!isIncident(playbook) || typeof json !== 'object' || json === null) return json;
  const contact = {
    role: 'primary',
    name: 'Maya Lindqvist',
    email: 'maya.lindqvist@lakeside.example',
    consent: { email: true },
  };
  return { account: { plan: 'starter', timeZone: 'UTC' }, contacts: [contact], ...json };
}

/** Whether a command of a persona is one of incidents, and well formed. */
export const isIncidentCommand = (playbook: Playbook, command: unknown): boolean =>
  isIncident(playbook) && IncidentCommand.safeParse(command).success;

/** What the public is told, as commands in time. */
export function incidentItems(
  { updates = [], commands }: Persona,
  playbook: Playbook,
  at: (after: string) => number,
): Item[] {
  if (!isIncident(playbook)) return [];
  const own = commands.flatMap(({ after, ...command }): Item[] =>
    isIncidentCommand(playbook, command) ? [{ at: at(after), t: 'incident', body: command }] : [],
  );
  const told = updates.map(({ after, status, message, nextUpdateInMinutes }): Item => ({
    at: at(after),
    t: 'incident',
    body:
      status === 'Resolved'
        ? { command: 'resolve', verified: true, ...(message ? { message } : {}) }
        : {
            command: 'update',
            status,
            message: message ?? SAYS[status],
            ...(nextUpdateInMinutes ? { nextUpdateInMinutes } : {}),
          },
  }));
  return [...told, ...own];
}

const SAYS = {
  Investigating: 'We are looking into it.',
  Identified: 'We have found the cause.',
  Monitoring: 'A fix is in and we are watching it.',
};

/** Opens the persona's incident over the API; answers its journey, or undefined when the playbook is none of an incident. */
export async function openIncidentOf(
  rig: Rig,
  playbook: Playbook,
  persona: Persona,
  account: string,
): Promise<{ incident: string; journey: string } | undefined> {
  if (!isIncident(playbook)) return undefined;
  const platform = playbook.kind === 'platform-incident';
  if (platform) await putAffected(rig, persona, account);
  const { severity, affected, options } = persona;
  const whom = affected === undefined || affected === 0 ? {} : { affected: { all: true } };
  const business = { kind: 'business', class: persona.class ?? options?.class ?? 'customer-escalation', account };
  const { status, body } = await rig.call<{ id: string; journey: string; detail?: string }>('POST', '/v1/incidents', {
    title: 'Rehearsal of an incident',
    ...(platform ? { ...(severity ? { severity } : {}), ...whom, ...(options ? { options } : {}) } : business),
  });
  if (status !== 201) throw new Error(`the incident did not open (${status}): ${body.detail ?? ''}`);
  return { incident: body.id, journey: body.journey };
}

/** How many accounts of each plan the persona's incident touches, its own account being the first. */
export function audience({ affected, account }: Pick<Persona, 'affected' | 'account'>): [string, number][] {
  if (affected === undefined) return [];
  if (typeof affected === 'number') return [[account.plan, affected]];
  if (!Array.isArray(affected)) return Object.entries(affected);
  return affected.map((one) => (typeof one === 'string' ? [one, 1] : [one.plan, one.accounts ?? one.count ?? 1]));
}

async function putAffected(rig: Rig, persona: Persona, first: string): Promise<void> {
  const now = new Date(rig.now());
  const { timeZone } = persona.account;
  const wanted = audience(persona).flatMap(([plan, count]) => Array.from({ length: count }, () => plan));
  const own = wanted.indexOf(persona.account.plan);
  if (own >= 0) wanted.splice(own, 1);
  const rows = wanted.map((plan, i) => ({ id: `${first}-${i + 1}`, plan, contactId: randomUUID() }));
  const { db } = rig.database;
  for (let k = 0; k < rows.length; k += 1000) {
    const some = rows.slice(k, k + 1000);
    const account = { name: 'Affected Ltd', timeZone, facts: {}, rev: 1, createdAt: now, updatedAt: now };
    await db.insert(accounts).values(some.map(({ id, plan }) => ({ id, plan, ...account })));
    await db.insert(gates).values(some.map(({ id }) => ({ accountId: id })));
    await db.insert(contacts).values(
      some.map(({ id, contactId }) => ({
        id: contactId,
        accountId: id,
        role: 'primary',
        position: 0,
        email: `${id}@affected.example`,
      })),
    );
    const said = { channel: 'email', given: true, source: 'rehearsal', at: now, recordedAt: now };
    await db.insert(consents).values(some.map(({ contactId }) => ({ id: randomUUID(), contactId, ...said })));
  }
}
