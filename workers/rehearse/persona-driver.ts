import { setTimeout as sleep } from 'node:timers/promises';
import { openDeliveries } from '../../db/queries/deliveries/open-deliveries.ts';
import { durationMs } from '../../workflows/contracts/time.ts';
import { personaFacts } from './persona.ts';
import type { Persona } from './persona.ts';
import type { Rig } from './rig.ts';

/** One thing that happens to the persona, at an instant; `refusal` when the system said no. */
export type Item = { at: number; refusal?: string } & (
  | { t: 'metric'; name: string; value: number }
  | { t: 'event'; type: string; data: Record<string, unknown> }
  | { t: 'fact'; step: string; what: string; item?: string; value?: string | number }
  | { t: 'command'; command: string; args: Record<string, unknown> }
);

/** All that happens to a persona, in order of time; at one instant metrics come first, then events, facts, commands. */
export function timeline(persona: Persona): Item[] {
  const start = Date.parse(persona.start);
  const at = (after: string) => start + durationMs(after);
  const items: Item[] = [
    ...persona.metrics.map((m): Item => ({ at: at(m.after), t: 'metric', name: m.name, value: m.value })),
    ...persona.events.map((e): Item => ({ at: at(e.after), t: 'event', type: e.type, data: e.data ?? {} })),
    ...persona.facts.map(({ after, ...fact }): Item => ({ at: at(after), t: 'fact', ...fact })),
    ...persona.commands.map(({ after, command, ...args }): Item => ({ at: at(after), t: 'command', command, args })),
  ];
  return items.sort((a, b) => a.at - b.at);
}

/** Stores the persona's account. */
export async function putPersona(rig: Rig, account: string, persona: Persona): Promise<void> {
  const { name, plan, timeZone, industry } = persona.account;
  const contacts = persona.contacts.map((contact) => ({ ...contact, consent: contact.consent ?? {} }));
  const body = {
    name: name ?? 'Rehearsal Ltd',
    plan,
    timeZone,
    ...(industry ? { industry } : {}),
    facts: personaFacts(persona),
    contacts,
  };
  const { status, body: answer } = await rig.call('PUT', `/v1/accounts/${account}`, body);
  if (status >= 300) throw new Error(`the persona's account was refused (${status}): ${JSON.stringify(answer)}`);
}

type Problem = { code?: string; detail?: string };

/** Does one item over the API, as the outside would, and says whether it was refused. */
export async function applyItem(rig: Rig, journeyId: string, item: Item): Promise<Item> {
  const journey = await rig.call<{ account: string }>('GET', `/v1/journeys/${journeyId}`);
  const account = journey.body.account;
  const answer = await send(rig, journeyId, account, item);
  return answer.status < 300 ? item : { ...item, refusal: answer.body?.code ?? `status-${answer.status}` };
}

let sequence = 0;

async function send(
  rig: Rig,
  journeyId: string,
  account: string,
  item: Item,
): Promise<{ status: number; body: Problem }> {
  const id = `rehearsal-${++sequence}`;
  if (item.t === 'command')
    return rig.call<Problem>('POST', `/v1/journeys/${journeyId}/commands`, {
      reason: 'rehearsal',
      id,
      command: item.command,
      ...item.args,
    });
  if (item.t === 'fact') return sendFact(rig, journeyId, account, item);
  const event =
    item.t === 'metric'
      ? { type: 'metrics_recorded', data: { [item.name]: item.value } }
      : { type: item.type, data: item.data };
  return rig.call<Problem>('POST', '/v1/events', {
    events: [{ id, account, at: new Date(item.at).toISOString(), ...event }],
  });
}

type Open = { items: { id: string; step: string | null; journey: string | null; state: string }[] };

async function sendFact(
  rig: Rig,
  journeyId: string,
  account: string,
  fact: Item & { t: 'fact' },
): Promise<{ status: number; body: Problem }> {
  const aboutOffer = fact.what === 'accepted' || fact.what === 'declined';
  const list = await rig.call<Open>('GET', `/v1/${aboutOffer ? 'offers' : 'tasks'}?account=${account}`);
  if (list.status !== 200) throw new Error(`${fact.step}: ${JSON.stringify(list.body)}`);
  const mine = list.body.items.filter((row) => row.journey === journeyId && row.step === fact.step);
  const open = mine.find((row) => row.state === 'open') ?? mine[0];
  if (!open) return { status: 404, body: { code: 'unknown-item' } };
  if (aboutOffer)
    return rig.call<Problem>('POST', `/v1/offers/${open.id}/${fact.what === 'accepted' ? 'accept' : 'decline'}`, {});
  const body = {
    outcome: fact.what,
    ...(fact.item ? { item: fact.item } : {}),
    ...(fact.value === undefined ? {} : { value: fact.value }),
  };
  return rig.call<Problem>('POST', `/v1/tasks/${open.id}/complete`, body);
}

/** Waits until the run has been told of everything stored for it. */
export async function settle(rig: Rig, journeyId: string): Promise<void> {
  while ((await openDeliveries(rig.database.db, journeyId, new Date(rig.now()))) > 0) await sleep(10);
}
