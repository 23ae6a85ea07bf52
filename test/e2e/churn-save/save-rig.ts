import { and, asc, eq } from 'drizzle-orm';
import { events, holds, journeys, messages, tasks } from '../../../db/schema/index.ts';
import type { Db } from '../../../db/database.ts';
import { readShipped } from '../../../playbooks/publish/read-shipped.ts';
import type { Entry } from '../../../workers/rehearse/entries.ts';
import { readPersona } from '../../../workers/rehearse/persona.ts';
import type { Persona } from '../../../workers/rehearse/persona.ts';
import { rehearse } from '../../../workers/rehearse/rehearse.ts';
import type { Rehearsal, RehearseOptions } from '../../../workers/rehearse/rehearse.ts';
import { durationMs, formatDuration } from '../../../workflows/contracts/time.ts';
import { testGround } from '../../support/ground.ts';
import { beginStory } from '../story/story.ts';
import type { Story } from '../story/story.ts';

/** Monday 2 March 2026, 10:00 in New York. */
export const START = '2026-03-02T15:00:00.000Z';
const start = Date.parse(START);

/** When an instant lies, counted from the start, to the second. */
export const offsetOf = (at: Date | string | null): string | null =>
  at === null ? null : formatDuration(Math.round((new Date(at).getTime() - start) / 1000) * 1000);

type Given = Partial<Omit<Persona, 'account'>> & { account?: Partial<Persona['account']> };
type Contact = Persona['contacts'][number];

export const contact: Contact = {
  role: 'primary',
  email: 'maya.lindqvist@lakeside.example',
  name: 'Maya Lindqvist',
  consent: { email: true },
};

/** An account on the plan Professional in New York, whose one contact may be mailed, and as given. */
export function savePersona({ account, ...given }: Given = {}): Persona {
  const { plan = 'professional', ...rest } = account ?? {};
  return {
    start: START,
    account: { name: 'Lakeside Outfitters', timeZone: 'America/New_York', industry: 'retail', plan, ...rest },
    contacts: [contact],
    metrics: [],
    events: [],
    facts: [],
    commands: [],
    ...given,
  } as Persona;
}

/** `<opened> <step> → <role> by <due>` with its state, or the level of an escalation: one line a task, in the order in which they were opened. */
export async function tasksOf(db: Db, account: string): Promise<string[]> {
  const rows = await db
    .select()
    .from(tasks)
    .where(eq(tasks.accountId, account))
    .orderBy(asc(tasks.createdAt), asc(tasks.key));
  return rows.map(({ createdAt, step, ownerRole, dueAt, level, key, state }) => {
    const escalation = key.includes('/escalation/');
    return [
      offsetOf(createdAt),
      step,
      '→',
      ownerRole,
      ...(dueAt ? ['by', offsetOf(dueAt)] : []),
      escalation ? `level ${level}` : state,
    ].join(' ');
  });
}

/** Events that the system itself stored, with their offsets. */
export async function storedEvents(db: Db, account: string, type: string): Promise<string[]> {
  const rows = await db
    .select()
    .from(events)
    .where(and(eq(events.accountId, account), eq(events.type, type)));
  return rows.map((row) => `${offsetOf(row.at)} ${row.actor}`);
}

/** Levels of the holds that stand at `now`. */
export async function openHolds(db: Db, account: string, now: number): Promise<string[]> {
  const rows = await db.select().from(holds).where(eq(holds.accountId, account));
  return rows
    .filter((row) => row.releasedAt === null && (row.until?.getTime() ?? Infinity) > now)
    .map((row) => row.level);
}

/** Journeys of an account: `<playbook> <outcome or state>`, oldest first. */
export async function journeysOf(db: Db, account: string): Promise<string[]> {
  const rows = await db.select().from(journeys).where(eq(journeys.accountId, account)).orderBy(asc(journeys.startedAt));
  return rows.map((row) => `${row.playbook} ${row.outcome ?? row.state}`);
}

/** Messages that left to the customer: `<offset> <template>`, oldest first. */
export async function sentTo(db: Db, account: string): Promise<string[]> {
  const rows = await db.select().from(messages).where(eq(messages.accountId, account));
  return rows
    .filter((row) => row.state === 'sent' && row.template !== 'page')
    .sort((a, b) => a.sentAt!.getTime() - b.sentAt!.getTime())
    .map((row) => `${offsetOf(row.sentAt)} ${row.template}`);
}

export type Save = Rehearsal & {
  account: string;
  tasks: string[];
  events: string[];
  holds: string[];
  /** `<offset> <outcome> <template or reason> <offer>` of one step. */
  of(step: string): string[];
};

/** Lives a persona through a playbook, and reads what staff saw besides. */
export async function live(id: string, persona: Persona, options: RehearseOptions = {}): Promise<Save> {
  const playbook = await readShipped(id);
  const seen: Pick<Save, 'account' | 'tasks' | 'events' | 'holds'> = { account: '', tasks: [], events: [], holds: [] };
  const rehearsal = await rehearse(await testGround(), playbook, readPersona(persona, playbook), {
    ...options,
    observe: async (run) => {
      const { db } = run.rig.database;
      const [row] = await db.select().from(journeys).where(eq(journeys.id, run.journeyId));
      seen.account = row!.accountId;
      seen.tasks = await tasksOf(db, seen.account);
      seen.holds = await openHolds(db, seen.account, run.rig.now());
      seen.events = (await db.select().from(events).where(eq(events.accountId, seen.account)))
        .filter((event) => event.actor.startsWith('journey:'))
        .map((event) => `${offsetOf(event.at)} ${event.type}`);
      await options.observe?.(run);
    },
  });
  return { ...rehearsal, ...seen, of: (step) => lines(rehearsal.entries, step) };
}

/** `<offset> <outcome> <template or reason> <offer>` of one step, in order. */
const lines = (entries: Entry[], step: string) =>
  entries
    .filter((e) => e.step === step)
    .map((e) => [e.offset, e.outcome, e.template ?? e.reason, e.offer].filter((cell) => cell !== null).join(' '));

/** Tasks of these lines that went to somebody because a clock was missed. */
export const escalations = (all: string[]): string[] => all.filter((line) => line.includes('level'));

/** A story of one account: its health is told by scores, as the outside would. */
export type SaveStory = Story & {
  after<T>(offset: string, act: () => Promise<T>): Promise<T>;
  untilAfter(offset: string): Promise<void>;
  score(model: string, value: number | string): Promise<void>;
  complete(step: string, outcome?: string): Promise<number>;
  command(body: Record<string, unknown>): Promise<number>;
  answer(offer: string, verb: 'accept' | 'decline', body?: Record<string, unknown>): Promise<number>;
  db: Db;
};

export async function saveStory(
  account: string,
  given: { plan: string; facts?: Record<string, unknown> },
): Promise<SaveStory> {
  const story = await beginStory(await testGround(), account, start);
  const { rig } = story;
  const call = async (method: 'PUT' | 'POST', url: string, body: object) => {
    const answer = await rig.call<{ detail?: string }>(method, url, body);
    return answer.status;
  };
  const made = await call('PUT', `/v1/accounts/${account}`, {
    name: 'Lakeside Outfitters',
    timeZone: 'America/New_York',
    industry: 'retail',
    plan: given.plan,
    facts: given.facts ?? {},
    contacts: [contact],
  });
  if (made >= 300) throw new Error(`the account was refused (${made})`);
  const find = async (step: string) => {
    const rows = await rig.database.db
      .select()
      .from(tasks)
      .where(and(eq(tasks.accountId, account), eq(tasks.step, step), eq(tasks.state, 'open')));
    return rows.find((row) => row.level === 0) ?? rows[0];
  };
  return {
    ...story,
    now: () => story.now(),
    db: rig.database.db,
    after: (offset, act) => story.at(start + durationMs(offset), act),
    untilAfter: (offset) => story.until(start + durationMs(offset)),
    score: async (model, value) => {
      const body = typeof value === 'number' ? { model, score: value } : { model, band: value };
      const status = await call('POST', `/v1/accounts/${account}/scores`, body);
      if (status >= 300) throw new Error(`the score was refused (${status})`);
    },
    complete: async (step, outcome = 'completed') => {
      const task = await find(step);
      return task ? call('POST', `/v1/tasks/${task.id}/complete`, { outcome }) : 404;
    },
    command: async (body) => {
      const [row] = await rig.database.db
        .select()
        .from(journeys)
        .where(and(eq(journeys.accountId, account), eq(journeys.lock, `churn-save:${account}`)));
      return call('POST', `/v1/journeys/${row!.id}/commands`, { reason: 'story', ...body });
    },
    answer: async (offer, verb, body = {}) => {
      const list = await rig.call<{ items: { id: string; offer: string; state: string }[] }>(
        'GET',
        `/v1/offers?account=${account}`,
      );
      const open = list.body.items.find((one) => one.offer === offer && one.state === 'open');
      return open ? call('POST', `/v1/offers/${open.id}/${verb}`, body) : 404;
    },
  };
}
