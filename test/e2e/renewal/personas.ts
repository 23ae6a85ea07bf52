import type { Entry } from '../../../workers/rehearse/entries.ts';
import type { Persona } from '../../../workers/rehearse/persona.ts';

type Given = Partial<Omit<Persona, 'account'>> & { account?: Partial<Persona['account']> };

/** Noon in New York, 70 days before a term ends on 31 March 2027; summer time begins between (14 March). */
export const START = '2027-01-20T17:00:00.000Z';
export const RENEWAL = '2027-03-31';

/** A paying customer in New York with two people, whose term ends on 31 March and renews by itself, and as given. */
export function renewalPersona({ account, ...given }: Given = {}): Persona {
  return {
    start: START,
    account: {
      name: 'Lakeside Outfitters',
      plan: 'professional',
      timeZone: 'America/New_York',
      industry: 'retail',
      ...account,
      facts: { renewal_date: RENEWAL, auto_renew: true, ...account?.facts },
    } as Persona['account'],
    contacts: [
      { role: 'primary', email: 'maya@lakeside.example', name: 'Maya Lindqvist', consent: { email: true } },
      { role: 'billing', email: 'books@lakeside.example', name: 'Omar Books', consent: { email: true } },
    ],
    metrics: [],
    events: [],
    facts: [],
    commands: [],
    ...given,
  } as Persona;
}

const local = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'America/New_York',
  dateStyle: 'short',
  timeStyle: 'short',
});

/** `2027-01-30 10:00 sent template` of one step, in New York's time: what a reader of the spec would check. */
export const of = (entries: Entry[], start: string, step: string) =>
  entries
    .filter((e) => e.step === step)
    .map((e) => `${local.format(new Date(e.at ?? start))} ${e.outcome} ${e.template ?? e.reason}`);
