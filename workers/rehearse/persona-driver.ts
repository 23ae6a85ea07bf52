import { setTimeout as sleep } from 'node:timers/promises';
import { openDeliveries } from '../../db/queries/deliveries/open-deliveries.ts';
import { durationMs } from '../../workflows/contracts/time.ts';
import { openBroadcasts } from '../../db/queries/broadcasts/page-of-broadcast.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { incidentItems, isIncidentCommand } from './incident-persona.ts';
import { personaFacts } from './persona.ts';
import type { Persona } from './persona.ts';
import type { Rig } from './rig.ts';

/** One thing that happens to the persona, at an instant; `refusal` when the system said no. */
export type Item = { at: number; refusal?: string } & (
  | { t: 'metric'; name: string; value: number }
  | { t: 'event'; type: string; data: Record<string, unknown> }
  | { t: 'fact'; step: string; what: string; item?: string; value?: string | number }
  | { t: 'incident'; body: Record<string, unknown> }
  | { t: 'score'; model: string; value: number | string }
  /** Brings the account's bands up to date: an improvement counts when it has lasted. */
  | { t: 'sweep' }
  | { t: 'command'; command: string; args: Record<string, unknown> }
);

/** All that happens to a persona, in order of time; at one instant metrics come first, then events, facts, commands. */
export function timeline(persona: Persona, playbook: Playbook): Item[] {
  const start = Date.parse(persona.start);
  const at = (after: string) => start + durationMs(after);
  const items: Item[] = [
    ...persona.metrics.map((m): Item => ({ at: at(m.after), t: 'metric', name: m.name, value: m.value })),
    ...persona.events.map((e): Item => ({ at: at(e.after), t: 'event', type: e.type, data: e.data ?? {} })),
    ...persona.facts.map(({ after, ...fact }): Item => ({ at: at(after), t: 'fact', ...fact })),
    ...incidentItems(persona, playbook, at),
    ...scoreItems(persona, at),
    ...persona.commands
      .filter(({ after: _after, ...command }) => !isIncidentCommand(playbook, command))
      .map(({ after, command, ...args }): Item => ({ at: at(after), t: 'command', command, args })),
  ];
  return items.sort((a, b) => a.at - b.at);
}

const LASTING_MS = 7 * 86_400_000 + 60_000;

/** Scores in time; after one that is better than the last of its model, or of which that cannot be said, a sweep when it has lasted. */
function scoreItems(persona: Persona, at: (after: string) => number): Item[] {
  const last = new Map<string, number | string>();
  const scores = persona.scores.map(({ after, ...score }) => ({ ...score, at: at(after) })).sort((a, b) => a.at - b.at);
  return scores.flatMap(({ at: when, model, value }): Item[] => {
    const before = last.get(model);
    last.set(model, value);
    const better = typeof value === 'string' || typeof before === 'string' || before === undefined || value > before;
    return [
      { at: when, t: 'score', model, value },
      ...(better ? [{ at: when + LASTING_MS, t: 'sweep' as const }] : []),
    ];
  });
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
  if (item.t === 'incident') {
    const list = await rig.call<{ items: { id: string; journey: string }[] }>('GET', '/v1/incidents');
    const mine = list.body.items.find((one) => one.journey === journeyId);
    return rig.call<Problem>('POST', `/v1/incidents/${mine?.id}/commands`, item.body);
  }
  if (item.t === 'fact') return sendFact(rig, journeyId, account, item);
  if (item.t === 'sweep') return rig.call<Problem>('POST', '/v1/health/sweep', { account });
  if (item.t === 'score') {
    const { model, value } = item;
    const given = typeof value === 'number' ? { score: value } : { band: value };
    const body = { model, ...given, at: new Date(item.at).toISOString() };
    return rig.call<Problem>('POST', `/v1/accounts/${account}/scores`, body);
  }
  const event =
    item.t === 'metric'
      ? { type: 'metrics_recorded', data: { [item.name]: item.value } }
      : { type: item.type, data: item.data };
  return rig.call<Problem>('POST', '/v1/events', {
    events: [{ id, account, at: new Date(item.at).toISOString(), ...event }],
  });
}

type Open = { items: { id: string; step: string | null; journey: string | null; state: string }[] };
type Told = { list: string; path: (id: string) => string; body: Record<string, unknown> };

/** Where a fact is told, and how: offers are answered, surveys, too, meetings booked; all else is a task's outcome. */
function telling(fact: Item & { t: 'fact' }, survey: boolean): Told {
  const { what, item, value } = fact;
  if (what === 'accepted') {
    const body = typeof value === 'number' ? { months: value } : {};
    return { list: 'offers', path: (id) => `offers/${id}/accept`, body };
  }
  if (what === 'declined') return { list: 'offers', path: (id) => `offers/${id}/decline`, body: {} };
  if (what === 'booked') {
    const at = typeof value === 'string' ? value : new Date(fact.at + 86_400_000).toISOString();
    return { list: 'tasks', path: (id) => `tasks/${id}/book`, body: { at } };
  }
  if (survey) return { list: 'surveys', path: (id) => `surveys/${id}/answer`, body: { score: value ?? 0 } };
  const body = { outcome: what, ...(item ? { item } : {}), ...(value === undefined ? {} : { value }) };
  return { list: 'tasks', path: (id) => `tasks/${id}/complete`, body };
}

async function sendFact(
  rig: Rig,
  journeyId: string,
  account: string,
  fact: Item & { t: 'fact' },
): Promise<{ status: number; body: Problem }> {
  const about = async ({ list }: Told) => {
    const { status, body } = await rig.call<Open>('GET', `/v1/${list}?account=${account}&limit=200`);
    if (status !== 200) throw new Error(`${fact.step}: ${JSON.stringify(body)}`);
    const mine = body.items.filter((row) => row.journey === journeyId && row.step === fact.step);
    return mine.find((row) => row.state === 'open') ?? mine[0];
  };
  for (const survey of fact.what === 'answered' ? [true, false] : [false]) {
    const told = telling(fact, survey);
    const open = await about(told);
    if (open) return rig.call<Problem>('POST', `/v1/${told.path(open.id)}`, told.body);
  }
  return { status: 404, body: { code: 'unknown-item' } };
}

/** Waits until the run has been told of everything stored for it. */
export async function settle(rig: Rig, journeyId: string): Promise<void> {
  while ((await openDeliveries(rig.database.db, journeyId, new Date(rig.now()))) > 0) await sleep(10);
}

const NOTICE_MS = 120_000;

/** Waits until every notice that the run has begun has told everybody; one that is held is not waited for. */
export async function noticesTold(rig: Rig, journeyId: string): Promise<void> {
  const until = performance.now() + NOTICE_MS;
  while (performance.now() < until && (await openBroadcasts(rig.database.db, journeyId)) > 0) await sleep(20);
}
