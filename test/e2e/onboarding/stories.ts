import { readShipped } from '../../../playbooks/publish/read-shipped.ts';
import type { Entry } from '../../../workers/rehearse/entries.ts';
import { readPersona } from '../../../workers/rehearse/persona.ts';
import type { Persona } from '../../../workers/rehearse/persona.ts';
import { rehearse } from '../../../workers/rehearse/rehearse.ts';
import type { Rehearsal } from '../../../workers/rehearse/rehearse.ts';
import type { Rig } from '../../../workers/rehearse/rig.ts';
import { testGround } from '../../support/ground.ts';

/** Monday 2 March 2026, 10:00 in New York; the summer time that begins on the 8th moves nothing, days are 24 hours. */
export const START = '2026-03-02T15:00:00.000Z';

type Given = Partial<Omit<Persona, 'account'>> & { account?: Partial<Persona['account']> };

/** A customer in New York who may be mailed, since a Monday morning, and as given. */
export function customer(plan: string, { account, ...given }: Given = {}): unknown {
  return {
    start: START,
    account: { name: 'Lakeside Outfitters', plan, timeZone: 'America/New_York', industry: 'retail', ...account },
    contacts: [
      { role: 'primary', email: 'maya.lindqvist@lakeside.example', name: 'Maya Lindqvist', consent: { email: true } },
    ],
    ...given,
  };
}

export type Task = {
  step: string;
  kind: string;
  title: string;
  ownerRole: string;
  minutes: number | null;
  attendees: string | null;
  state: string;
  level: number;
  /** ISO-8601 from the start. */
  at: string;
  dueAt: string | null;
};
export type Mail = { template: string; subject: string; text: string };
export type Story = Rehearsal & { tasks: Task[]; mails: Mail[] };

/** Lives a customer through a shipped playbook; beside the entries, what staff found on their list and what the mails said. */
export async function live(id: string, persona: unknown, options: { continueEvery?: number } = {}): Promise<Story> {
  const playbook = await readShipped(id);
  const read = readPersona(persona, playbook);
  let tasks: Task[] = [];
  let mails: Mail[] = [];
  const observe = async ({ rig }: { rig: Rig }) => {
    tasks = await tasksOf(rig);
    mails = (await rig.call<{ items: Mail[] }>('GET', '/v1/messages?limit=100')).body.items;
  };
  const story = await rehearse(await testGround(), playbook, read, { ...options, observe });
  return { ...story, mails, tasks: tasks.sort((a, b) => a.at.localeCompare(b.at)) };
}

/** Every task of a rig that knows one account only. */
export async function tasksOf(rig: Rig): Promise<Task[]> {
  const { body } = await rig.call<{ items: (Task & { createdAt: string })[] }>('GET', '/v1/tasks?limit=200');
  return body.items.map((task) => ({ ...task, at: task.createdAt }));
}

/** `offset outcome template|reason` of one step, in order. */
export const of = ({ entries }: { entries: Entry[] }, step: string): string[] =>
  entries
    .filter((e) => e.step === step)
    .map((e) => [e.offset, e.outcome, e.template ?? e.reason].filter((cell) => cell !== null).join(' '));

/** `offset template` of everything that reached the customer on a channel, in order. */
export const sentOn = ({ entries }: { entries: Entry[] }, channel: string): string[] =>
  entries
    .filter((e) => e.outcome === 'sent' && e.channel === channel && e.template !== null)
    .map((e) => `${e.offset} ${e.template}`);

/** Staff do something about a step. */
export const fact = (after: string, step: string, what: string, item?: string) => ({
  after,
  step,
  what,
  ...(item ? { item } : {}),
});
/** Something happens outside. */
export const event = (after: string, type: string, data?: Record<string, string>) => ({
  after,
  type,
  ...(data ? { data } : {}),
});
