import { high, login, low, medium, trialPersona } from '../e2e/personas.ts';

/** One persona to be recorded; `continueEvery` makes its run continue as new after so many revisions. */
export type Scenario = { name: string; playbook: string; persona: unknown; continueEvery?: number };

const pausedOverDay3 = [
  { after: 'P1DT12H', command: 'pause' },
  { after: 'P9DT12H', command: 'resume' },
];

const atSteps = [
  { after: 'PT1H', command: 'skip', step: 'setup-sms' },
  { after: 'P1D', command: 'postpone', step: 'day3-checkin', to: '2026-03-06T15:00:00Z' },
  { after: 'P1DT1H', command: 'extend', duration: 'P7D' },
  { after: 'P4DT13H', command: 'run-now', step: 'day6-offer' },
];

const allDone = [
  'team_configured',
  'roles_assigned',
  'training_held',
  'decision_completed',
  'baseline_response_time_recorded',
  'baseline_satisfaction_recorded',
].map((type) => ({ after: 'PT1H', type }));
const heldThenBought = [
  { after: 'P6DT2H', type: 'check_in_held' },
  { after: 'P6DT4H', type: 'subscription.started', data: { plan: 'professional' } },
];

/** The shapes of a trial whose histories every later version must replay. */
export const scenarios: Scenario[] = [
  { name: 'expired', playbook: '002.trial', persona: trialPersona({ metrics: low, events: login }) },
  {
    name: 'converted',
    playbook: '002.trial',
    persona: trialPersona({ metrics: high, events: [...login, { after: 'P1DT6H', type: 'purchase' }] }),
  },
  {
    name: 'paused',
    playbook: '002.trial',
    persona: trialPersona({ metrics: high, events: login, commands: pausedOverDay3 }),
  },
  {
    name: 'extended',
    playbook: '002.trial',
    persona: trialPersona({
      metrics: medium,
      events: login,
      facts: [{ after: 'P7D', step: 'day6-offer', what: 'accepted' }],
    }),
  },
  {
    name: 'commanded',
    playbook: '002.trial',
    persona: trialPersona({ metrics: high, events: login, commands: atSteps }),
  },
  {
    name: 'continued',
    playbook: '002.trial',
    persona: trialPersona({ metrics: high, events: login, commands: pausedOverDay3 }),
    continueEvery: 6,
  },
  {
    name: 'onboarding',
    playbook: '000.trial-onboarding',
    persona: trialPersona({ account: { timeZone: 'UTC' }, events: [...allDone, ...heldThenBought] }),
  },
];
