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

const on = (plan: string) => ({ account: { plan } });

/** The other kinds: each with what only it does. */
const kinds: Scenario[] = [
  {
    name: 'milestone-late',
    playbook: '002.onboarding.business',
    persona: trialPersona({
      ...on('business'),
      facts: [
        { after: 'PT5H', step: 'ceo-call', what: 'booked' },
        { after: 'PT20H', step: 'ceo-call', what: 'held' },
        { after: 'P2DT2H', step: 'plan-meeting', what: 'no-show' },
      ],
      events: [
        { after: 'P1D', type: 'success_manager_assigned' },
        { after: 'P2DT3H', type: 'plan_agreed' },
        { after: 'P9D', type: 'kpis_agreed' },
        { after: 'P10D', type: 'customer.churned' },
      ],
    }),
  },
  {
    name: 'migrated',
    playbook: '002.onboarding.starter',
    persona: trialPersona({
      commands: [{ after: 'P3DT1H', command: 'migrate', playbook: '002.onboarding.professional' }],
      events: [
        { after: 'PT6H', type: 'profile_completed' },
        { after: 'P9D', type: 'customer.churned' },
      ],
    }),
  },
  {
    name: 'renewal-moved',
    playbook: '001.renewal-reminders',
    persona: trialPersona({
      start: '2027-02-25T17:00:00.000Z',
      account: { plan: 'professional', renewalDate: '2027-03-31', autoRenew: true },
      commands: [{ after: 'P10D', command: 'move-date', date: '2027-05-31T04:00:00Z' }],
      events: [{ after: 'P70D', type: 'customer.churned' }],
    }),
  },
  {
    name: 'save-approved',
    playbook: '002.churn.high-risk',
    persona: trialPersona({
      ...on('professional'),
      commands: [
        { after: 'PT30M', command: 'edit', step: 'ceo-personal-email', subject: 'A word', text: 'Call me.' },
        { after: 'PT90M', command: 'approve', step: 'ceo-personal-email' },
      ],
      facts: [
        { after: 'PT3H', step: 'usage-analysis', what: 'completed' },
        { after: 'PT20H', step: 'customer-success-call', what: 'no-show' },
      ],
      events: [{ after: 'P1DT12H', type: 'cancellation_withdrawn' }],
    }),
  },
  {
    name: 'save-taken-over',
    playbook: '002.churn.medium-risk',
    persona: trialPersona({
      ...on('professional'),
      scores: [{ after: 'P3D', model: '002.health.score', value: 30 }],
      events: [{ after: 'P4D', type: 'customer.churned' }],
    }),
  },
  {
    name: 'several-updates',
    playbook: '000.platform-incident',
    persona: {
      start: '2026-03-02T15:00:00.000Z',
      severity: 'SEV-2',
      affected: 3,
      updates: [
        { after: 'PT3M', status: 'Investigating' },
        { after: 'PT15M', status: 'Identified', nextUpdateInMinutes: 30 },
        { after: 'PT40M', status: 'Resolved' },
      ],
      commands: [
        { after: 'PT2M', command: 'acknowledge' },
        {
          after: 'P1DT2H',
          ...{ command: 'post-mortem', rootCause: 'A deploy.', owner: 'u_7', actions: [{ what: 'Add a canary.' }] },
        },
      ],
    },
  },
];

/** The shapes of journeys whose histories every later version must replay. */
export const scenarios: Scenario[] = [
  ...kinds,
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
