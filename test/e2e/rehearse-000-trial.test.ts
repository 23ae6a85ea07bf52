import { beforeAll, describe, expect, it } from 'vitest';
import { readShipped } from '../../playbooks/publish/read-shipped.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import type { Entry } from '../../workers/rehearse/entries.ts';
import { readPersona } from '../../workers/rehearse/persona.ts';
import type { Persona } from '../../workers/rehearse/persona.ts';
import { rehearse } from '../../workers/rehearse/rehearse.ts';
import { testGround } from '../support/ground.ts';
import { trialPersona } from './personas.ts';

type Task = {
  step: string | null;
  title: string;
  ownerRole: string;
  dueAt: string | null;
  minutes: number | null;
  level: number;
  state: string;
};
type Events = Persona['events'];

let playbook: Playbook;
beforeAll(async () => {
  playbook = await readShipped('000.trial-onboarding');
});

const live = async (given: Parameters<typeof trialPersona>[0]) => {
  let tasks: Task[] = [];
  const observe = async ({
    rig,
    journeyId,
  }: {
    rig: { call: <T>(method: 'GET', url: string) => Promise<{ body: T }> };
    journeyId: string;
  }) => {
    tasks = (await rig.call<{ items: Task[] }>('GET', `/v1/tasks?journey=${journeyId}&limit=100`)).body.items;
  };
  const story = await rehearse(await testGround(), playbook, readPersona(trialPersona(given), playbook), { observe });
  return { ...story, tasks };
};

/** `offset outcome template|reason` of one step, in order: what a reader of the spec would check. */
const of = (entries: Entry[], step: string) =>
  entries.filter((e) => e.step === step).map((e) => `${e.offset} ${e.outcome} ${e.template ?? e.reason}`);
const taskOf = (tasks: Task[], step: string) =>
  tasks.filter(
    (task) => (task.step === step && task.level === 0) || (task.step === step && !task.title.startsWith('Escalation')),
  )[0];
const offset = (iso: string | null | undefined) =>
  iso ? (Date.parse(iso) - Date.parse(trialPersona().start)) / 3_600_000 : undefined;

const at = (after: string, ...types: string[]): Events => types.map((type) => ({ after, type }));
const setUp = at('PT2H', 'team_configured', 'roles_assigned');
const trained = at('P1DT2H', 'training_held');
const decided = at('P1DT6H', 'decision_completed');
const baselines = at('P3D', 'baseline_response_time_recorded', 'baseline_satisfaction_recorded');
const inTime = [...setUp, ...trained, ...decided, ...baselines];
const participation = (value: number): Persona['metrics'] => [{ after: 'P5D', name: 'participation_percent', value }];
const bought: Events = [{ after: 'P8D', type: 'subscription.started', data: { plan: 'professional' } }];

describe.concurrent('000.trial-onboarding', () => {
  it('takes a team that does all in time through days 1, 3, 7 and 14, and converts it with a payment method on file', async () => {
    const { entries, outcome, tasks } = await live({
      events: [
        ...inTime,
        ...at('P6DT2H', 'check_in_held'),
        ...at('P10D', 'payment_method_added'),
        ...at('P13DT2H', 'check_in_held'),
      ],
      metrics: participation(85),
      facts: [
        { after: 'P6DT3H', step: 'day7-adoption', what: 'completed' },
        { after: 'P13DT3H', step: 'day14-review', what: 'completed' },
      ],
    });
    expect(of(entries, 'team-welcome')).toEqual(['PT0S sent trial_team_welcome']);
    expect(of(entries, 'team-checklist')).toEqual(['PT0S sent as-planned', 'PT2H completed completed']);
    expect(of(entries, 'day1-setup-check')).toEqual(['P1D met check-met']);
    expect(of(entries, 'setup-help')).toEqual(['P1D skipped not-needed']);
    expect(of(entries, 'training')).toEqual(['PT0S sent as-planned', 'P1DT2H completed completed']);
    expect(taskOf(tasks, 'training')).toMatchObject({ ownerRole: 'csm', minutes: 60, state: 'completed' });
    expect(offset(taskOf(tasks, 'training')?.dueAt)).toBe(48);
    expect(of(entries, 'first-decision-guide')).toEqual(['P1D sent first_decision_guide']);
    expect(of(entries, 'day3-first-decision-check')).toEqual(['P2D met check-met']);
    expect(of(entries, 'first-decision-reminder')).toEqual(['P2D skipped not-needed']);
    expect(of(entries, 'baseline-request')).toEqual(['P2D sent baseline_request']);
    expect(of(entries, 'baselines')).toEqual(['PT0S sent as-planned', 'P3D completed completed']);
    expect(of(entries, 'day7-baseline-check')).toEqual(['P6D met check-met']);
    expect(of(entries, 'day7-adoption')).toEqual(['P6D sent as-planned', 'P6DT3H completed completed']);
    expect(of(entries, 'day7-training-offer')).toEqual(['P6D skipped adoption-is-good']);
    expect(of(entries, 'day14-review-invitation')).toEqual(['P10D sent success_review_invitation']);
    expect(of(entries, 'day14-review')).toEqual(['P13D sent as-planned', 'P13DT3H completed completed']);
    expect(of(entries, 'payment-method-request')).toEqual(['P11D skipped payment-method-on-file']);
    expect(outcome).toBe('converted');
  });

  it('holds a check-in every week, each occurrence with its own decision and task', async () => {
    const { entries, tasks } = await live({
      events: [...inTime, ...at('P6DT2H', 'check_in_held'), ...at('P13DT2H', 'check_in_held')],
    });
    expect(of(entries, 'check-in-invitation')).toEqual([
      'P4D sent check_in_invitation',
      'P11D sent check_in_invitation',
    ]);
    expect(of(entries, 'check-in')).toEqual([
      'P6D sent as-planned',
      'P6DT2H completed completed',
      'P13D sent as-planned',
      'P13DT2H completed completed',
    ]);
    expect(tasks.filter((task) => task.step === 'check-in').map((task) => task.state)).toEqual([
      'completed',
      'completed',
    ]);
  });

  it('lapses without a payment method, having asked for one three days before the end', async () => {
    const { entries, outcome } = await live({ events: inTime });
    expect(of(entries, 'payment-method-request')).toEqual(['P11D sent payment_method_request']);
    expect(entries.at(-1)?.offset).toBe('P14D');
    expect(outcome).toBe('lapsed');
  });

  it('lapses when the payment method is taken away again before the end', async () => {
    const { outcome } = await live({
      events: [...inTime, ...at('P9D', 'payment_method_added'), ...at('P12D', 'payment_method_removed')],
    });
    expect(outcome).toBe('lapsed');
  });

  it('reminds and gives the CSM a task when no decision is completed by day 3, and closes the task with the late decision', async () => {
    const { entries, tasks } = await live({
      events: [...setUp, ...trained, ...at('P3DT2H', 'decision_completed'), ...bought],
    });
    expect(of(entries, 'day3-first-decision-check')).toEqual(['P2D missed check-missed']);
    expect(of(entries, 'first-decision-reminder')).toEqual(['P2D sent first_decision_reminder']);
    expect(of(entries, 'first-decision-help')).toEqual(['P2D sent as-planned', 'P3DT2H completed completed']);
    expect(offset(taskOf(tasks, 'first-decision-help')?.dueAt)).toBe(72);
    expect(of(entries, 'baseline-request')).toEqual(['P3DT2H sent baseline_request']);
  });

  it('gives the CSM a task for each missed day when nothing is done at all', async () => {
    const { entries, outcome, tasks } = await live({});
    expect(of(entries, 'day1-setup-check')).toEqual(['P1D missed check-missed']);
    expect(of(entries, 'setup-help')).toEqual(['P1D sent as-planned', 'P14D missed not-answered']);
    expect(of(entries, 'first-decision-help')).toEqual(['P2D sent as-planned', 'P14D missed not-answered']);
    expect(of(entries, 'baseline-request')).toEqual(['P6D skipped first-decision-not-completed']);
    expect(of(entries, 'baseline-capture')).toEqual(['P6D sent as-planned', 'P14D missed not-answered']);
    expect(of(entries, 'check-in')).toEqual([
      'P6D sent as-planned',
      'P13D missed not-answered',
      'P13D sent as-planned',
      'P14D expired journey-ended',
    ]);
    expect(
      tasks
        .filter((task) => task.title.startsWith('Escalation') && task.ownerRole === 'cs-lead')
        .map((task) => task.step),
    ).toEqual(
      expect.arrayContaining([
        'setup-help',
        'training',
        'first-decision-help',
        'baseline-capture',
        'check-in',
        'day7-adoption',
      ]),
    );
    expect(outcome).toBe('lapsed');
  });

  it('escalates a training that was not held before day 3 to the CS lead', async () => {
    const { entries, tasks } = await live({ events: [...setUp, ...decided, ...bought] });
    expect(of(entries, 'training')).toEqual(['PT0S sent as-planned', 'P8D expired journey-ended']);
    const [escalation] = tasks.filter((task) => task.step === 'training' && task.title.startsWith('Escalation'));
    expect(escalation).toMatchObject({ ownerRole: 'cs-lead', level: 1 });
    expect(offset((escalation as unknown as { createdAt: string }).createdAt)).toBe(48);
  });

  it.each([
    [59, 'P6D sent adoption_training_offer'],
    [60, 'P6D skipped adoption-is-good'],
  ])('on day 7 offers training again below 60 % participation only: %i %%', async (percent, expected) => {
    const { entries } = await live({ events: [...inTime, ...bought], metrics: participation(percent) });
    expect(of(entries, 'day7-training-offer')).toEqual([expected]);
    expect(of(entries, 'day7-adoption')[0]).toBe('P6D sent as-planned');
  });

  it('takes baselines from metrics as well as from events, and asks the CSM for a missing one on day 7', async () => {
    const metric = (name: string, value: number) => ({ after: 'P4D', name, value });
    const both = await live({
      events: [...setUp, ...decided, ...bought],
      metrics: [metric('response_minutes', 42), metric('satisfaction', 4)],
    });
    expect(of(both.entries, 'day7-baseline-check')).toEqual(['P6D met check-met']);
    const one = await live({ events: [...setUp, ...decided, ...bought], metrics: [metric('response_minutes', 42)] });
    expect(of(one.entries, 'day7-baseline-check')).toEqual(['P6D missed check-missed']);
    expect(of(one.entries, 'baseline-capture')[0]).toBe('P6D sent as-planned');
  });

  it('extended by command holds a third and a fourth check-in and asks for payment before the new end', async () => {
    const events = [
      ...inTime,
      ...at('P6DT2H', 'check_in_held'),
      ...at('P13DT2H', 'check_in_held'),
      ...at('P20DT2H', 'check_in_held'),
    ];
    const { entries, outcome } = await live({
      events,
      commands: [{ after: 'P7DT1H', command: 'extend', duration: 'P14D' }],
    });
    expect(of(entries, 'check-in').filter((line) => line.includes('sent'))).toEqual(
      ['P6D', 'P13D', 'P20D', 'P27D'].map((day) => `${day} sent as-planned`),
    );
    expect(of(entries, 'check-in').filter((line) => line.includes('completed'))).toHaveLength(3);
    expect(of(entries, 'check-in-invitation')).toHaveLength(4);
    expect(of(entries, 'payment-method-request')).toEqual(['P25D sent payment_method_request']);
    expect(entries.at(-1)?.offset).toBe('P28D');
    expect(outcome).toBe('lapsed');
  });

  it('converts at once by a purchase on day 9, and nothing is sent after it', async () => {
    const { entries, outcome } = await live({ events: [...inTime, ...bought], metrics: participation(85) });
    expect(outcome).toBe('converted');
    expect(of(entries, 'day14-review')).toEqual(['P8D dropped journey-ended']);
    expect(entries.at(-1)?.offset).toBe('P8D');
  });

  it('after an unsubscribe goes on with service and transactional mail only, which is all that it has', async () => {
    const { entries } = await live({ events: [...inTime, ...at('P3D', 'unsubscribed')] });
    const mails = entries.filter((e) => e.channel === 'email' && e.outcome === 'sent').map((e) => e.step);
    expect(mails).toEqual([
      'team-welcome',
      'check-in-invitation',
      'day7-training-offer',
      'day14-review-invitation',
      'check-in-invitation',
      'payment-method-request',
    ]);
    expect(
      playbook.stages
        .flatMap((stage) => stage.steps)
        .filter((step) => step.kind === 'message' && step.class === 'marketing'),
    ).toEqual([]);
  });

  it('moves what is not immediate into the team’s working hours after an evening sign-up', async () => {
    const { entries } = await live({ start: '2026-03-03T00:30:00.000Z', events: at('P3D', 'trial_cancelled') });
    expect(of(entries, 'team-welcome')).toEqual(['PT0S sent trial_team_welcome']);
    expect(of(entries, 'first-decision-guide')).toEqual(['P1DT13H30M sent first_decision_guide']);
    expect(of(entries, 'day3-first-decision-check')).toEqual(['P2D missed check-missed']);
    expect(of(entries, 'first-decision-help')[0]).toBe('P2D sent as-planned');
    expect(of(entries, 'first-decision-reminder')).toEqual(['P2DT13H30M sent first_decision_reminder']);
  });

  describe.concurrent('paused over day 3 (from day 2 to day 5)', () => {
    const paused = (clock?: string) =>
      live({
        events: [...setUp, ...trained],
        commands: [
          { after: 'P1DT12H', command: 'pause', ...(clock ? { clock } : {}) },
          { after: 'P4DT12H', command: 'resume' },
        ],
      });

    it('with the clock frozen keeps the rest of each wait, while checks and the end run on', async () => {
      const { entries, outcome } = await paused();
      expect(of(entries, 'day3-first-decision-check')).toEqual(['P4DT12H missed check-missed']);
      expect(of(entries, 'check-in-invitation')[0]).toBe('P7D sent check_in_invitation');
      expect(of(entries, 'check-in')[0]).toBe('P9D sent as-planned');
      expect(of(entries, 'payment-method-request')).toEqual(['P11D sent payment_method_request']);
      expect(entries.at(-1)?.offset).toBe('P14D');
      expect(outcome).toBe('lapsed');
    });

    it('with the clock running on sends at resume what is late by less than its limit, in working hours', async () => {
      const { entries } = await paused('run-on');
      expect(of(entries, 'first-decision-help')[0]).toBe('P4DT12H sent as-planned');
      expect(of(entries, 'first-decision-reminder')).toEqual(['P4DT23H sent first_decision_reminder']);
      expect(of(entries, 'check-in-invitation')[0]).toMatch(/^P4DT23H|^P5D/);
      expect(of(entries, 'check-in')[0]).toBe('P6D sent as-planned');
    });

    it('with an absolute clock leaves out whatever had its date in the pause', async () => {
      const { entries } = await paused('absolute');
      expect(of(entries, 'day3-first-decision-check')).toEqual(['P4DT12H skipped missed-date']);
      expect(of(entries, 'check-in-invitation')).toEqual([
        'P4DT12H skipped missed-date',
        'P11D sent check_in_invitation',
      ]);
      expect(of(entries, 'check-in')[0]).toBe('P6D sent as-planned');
    });
  });
});
