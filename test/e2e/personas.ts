import type { Persona } from '../../workers/rehearse/persona.ts';

type Given = Partial<Omit<Persona, 'account'>> & { account?: Partial<Persona['account']>; sms?: boolean };

/** Monday 2 March 2026, 10:00 in New York: no step of a trial meets a closed window by itself. */
export const START = '2026-03-02T15:00:00.000Z';

/** A persona of a trial: in New York, may be mailed, signed up on a Monday morning, and as given. */
export function trialPersona({ account, sms = true, ...given }: Given = {}): Persona {
  return {
    start: START,
    account: {
      name: 'Lakeside Outfitters',
      plan: 'starter',
      timeZone: 'America/New_York',
      industry: 'retail',
      ...account,
    } as Persona['account'],
    contacts: [
      {
        role: 'primary',
        email: 'maya.lindqvist@lakeside.example',
        phone: '+12125550147',
        name: 'Maya Lindqvist',
        consent: { email: true, sms },
      },
    ],
    metrics: [],
    events: [],
    facts: [],
    commands: [],
    scores: [],
    updates: [],
    ...given,
  };
}

/** The usage of a persona by day: totals as the product reports them, in the evening of the day before each segment is judged. */
export function usage(
  day3: { conversations: number; active_days: number },
  day6: { conversations: number; active_days: number },
): Persona['metrics'] {
  const at = (after: string, of: Record<string, number>) =>
    Object.entries(of).map(([name, value]) => ({ after, name, value }));
  return [...at('P1DT12H', day3), ...at('P4DT12H', day6)];
}

export const login: Persona['events'] = [{ after: 'PT30M', type: 'user_logged_in' }];

export const high = usage({ conversations: 12, active_days: 2 }, { conversations: 30, active_days: 5 });
export const medium = usage({ conversations: 5, active_days: 1 }, { conversations: 15, active_days: 3 });
export const low = usage({ conversations: 1, active_days: 1 }, { conversations: 2, active_days: 1 });
