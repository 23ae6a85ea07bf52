import { stringify } from 'yaml';

type Step = {
  id: string;
  after?: string;
  class?: 'legal' | 'service' | 'transactional';
  inDoubt?: 'at-most-once' | 'at-least-once';
};

/** E-mails of one playbook, and a far step that keeps the journey open, as YAML. */
export function mails(id: string, steps: Step[]): string {
  return stringify({
    id,
    kind: 'trial',
    title: 'Mails under faults',
    summary: 'For tests.',
    fulfils: ['002.trial'],
    reads: {},
    reentry: 'always',
    anchors: { trialEnd: { after: 'P14D' } },
    extend: { anchor: 'trialEnd', max: 'P42D' },
    end: { at: { from: 'trialEnd' }, outcomes: [{ outcome: 'over' }] },
    outcomes: { over: {} },
    stages: [
      {
        id: 'all',
        title: 'All',
        enter: 'journey',
        steps: [
          ...steps.map((step) => mail(step)),
          {
            id: 'later',
            kind: 'message',
            title: 'Later',
            due: 'P10D',
            channel: 'in-app',
            class: 'service',
            template: 'trial_team_setup',
          },
        ],
      },
    ],
  });
}

const mail = ({ id, after = 'PT0.02S', inDoubt, ...step }: Step) => ({
  ...{
    id,
    kind: 'message',
    title: `Mail ${id}`,
    due: after,
    channel: 'email',
    class: step.class ?? 'transactional',
    template: 'trial_team_welcome',
  },
  ...(step.class === 'legal' ? { clock: 'run-on' } : {}),
  ...(inDoubt ? { inDoubt } : {}),
  late: { within: 'PT2H', otherwise: 'replan' },
});
