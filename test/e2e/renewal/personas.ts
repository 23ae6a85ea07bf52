import type { Entry } from '../../../workers/rehearse/entries.ts';
import type { Persona } from '../../../workers/rehearse/persona.ts';

type Given = Partial<Omit<Persona, 'account'>> & { account?: Partial<Persona['account']> };

/** Noon in New York, 70 days before a term ends on 31 March 2027; summer time begins between (14 March). */
export const START = '2027-01-20T17:00:00.000Z';
export const RENEWAL = '2027-03-31';

export const people = [
  { role: 'primary', email: 'maya@lakeside.example', name: 'Maya Lindqvist', consent: { email: true } },
  { role: 'billing', email: 'books@lakeside.example', name: 'Omar Books', consent: { email: true } },
];

/** A paying customer in New York with two people, whose term ends on 31 March and renews by itself, and as given. */
export const renewalPersona = ({ account, ...given }: Given = {}): unknown => ({
  start: START,
  account: {
    name: 'Lakeside Outfitters',
    plan: 'professional',
    timeZone: 'America/New_York',
    industry: 'retail',
    renewalDate: RENEWAL,
    autoRenew: true,
    ...account,
  },
  contacts: people,
  ...given,
});

const local = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'America/New_York',
  dateStyle: 'short',
  timeStyle: 'short',
});

/** `2027-01-30 10:00` in New York: as a reader of the spec would say it. */
export const said = (at: string): string => local.format(new Date(at));

/** `2027-01-30 10:00 sent template|reason` of one step, in order. */
export const of = (entries: Entry[], step: string): string[] =>
  entries.filter((e) => e.step === step).map((e) => `${said(e.at)} ${e.outcome} ${e.template ?? e.reason}`);
