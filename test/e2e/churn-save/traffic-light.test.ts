import { describe, expect, it } from 'vitest';
import { escalations, live, savePersona } from './save-rig.ts';

const team = (given: Parameters<typeof savePersona>[0] = {}) => savePersona({ account: { plan: 'team' }, ...given });

describe('000.health-yellow', () => {
  it('gives customer success 48 hours, and hands over to the recovery when the outreach is logged', async () => {
    const { tasks, outcome, events } = await live(
      '000.health-yellow',
      team({ facts: [{ after: 'P1DT3H', step: 'outreach', what: 'completed' }] }),
    );
    expect(tasks[0]).toBe('PT0S outreach → csm by P2D completed');
    expect(outcome).toBe('outreach-logged');
    expect(events).toEqual(['P1DT3H health.intervention_done']);
  });

  it('takes the outreach from an event as well', async () => {
    const { outcome } = await live('000.health-yellow', team({ events: [{ after: 'PT4H', type: 'outreach_logged' }] }));
    expect(outcome).toBe('outreach-logged');
  });

  it('goes wrong throughout: nobody reaches out, the CS lead is alerted after 48 hours, and the customer is lost', async () => {
    const { tasks, outcome, events } = await live(
      '000.health-yellow',
      team({ events: [{ after: 'P5D', type: 'subscription.cancelled' }] }),
    );
    expect(tasks).toEqual(['PT0S outreach → csm by P2D cancelled', 'P2D outreach → cs-lead by P3D level 1']);
    expect(outcome).toBe('churned');
    expect(events).toEqual(['P5D customer.churned']);
  });

  it('closes when the account is green again', async () => {
    const { outcome, tasks } = await live(
      '000.health-yellow',
      team({
        scores: [
          { after: 'PT1H', model: '000.health-score', value: 'yellow' },
          { after: 'PT2H', model: '000.health-score', value: 'green' },
          { after: 'P7DT2H', model: '000.health-score', value: 'green' },
        ],
      }),
    );
    expect(outcome).toBe('recovered');
    expect(escalations(tasks)).toEqual(['P2D outreach → cs-lead by P3D level 1']);
  });
});

describe('000.health-red', () => {
  it('wants an executive and a plan within 24 hours, and goes on to the recovery when both are logged', async () => {
    const { of, tasks, outcome, events } = await live(
      '000.health-red',
      team({
        facts: [
          { after: 'PT5H', step: 'executive-engagement', what: 'completed' },
          { after: 'PT22H', step: 'retention-plan', what: 'completed' },
        ],
      }),
    );
    expect(tasks.slice(0, 2)).toEqual([
      'PT0S executive-engagement → executive by P1D completed',
      'PT0S retention-plan → executive by P1D completed',
    ]);
    expect(of('both-logged')).toEqual(['PT22H met early']);
    expect(outcome).toBe('both-logged');
    expect(events).toEqual(['PT22H health.intervention_done']);
  });

  it('is late when the plan comes after 24 hours, and still goes on', async () => {
    const { of, tasks, outcome } = await live(
      '000.health-red',
      team({
        events: [{ after: 'PT5H', type: 'executive_engaged' }],
        facts: [{ after: 'P1DT6H', step: 'retention-plan', what: 'completed' }],
      }),
    );
    expect(of('both-logged').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'P1D missed',
      'P1DT6H late',
    ]);
    expect(escalations(tasks)).toEqual(['P1D retention-plan → cs-lead by P2D level 1']);
    expect(outcome).toBe('both-logged');
  });

  it('goes wrong throughout: both clocks are missed, and the customer is lost', async () => {
    const { of, tasks, outcome, holds } = await live(
      '000.health-red',
      team({ events: [{ after: 'P3D', type: 'subscription.cancelled' }] }),
    );
    expect(of('both-logged')[0]).toMatch(/^P1D missed/);
    expect(escalations(tasks)).toEqual([
      'P1D executive-engagement → cs-lead by P2D level 1',
      'P1D retention-plan → cs-lead by P2D level 1',
    ]);
    expect(outcome).toBe('churned');
    expect(holds).toEqual([]);
  });

  it('closes when the account is green again', async () => {
    const { outcome, events } = await live(
      '000.health-red',
      team({
        scores: [
          { after: 'PT1H', model: '000.health-score', value: 'red' },
          { after: 'P1D', model: '000.health-score', value: 'green' },
          { after: 'P8D', model: '000.health-score', value: 'green' },
        ],
      }),
    );
    expect(outcome).toBe('recovered');
    expect(events).toEqual([]);
  });
});

describe('000.success-recovery', () => {
  it('reinforces the training and optimises the workflow until the account is green', async () => {
    const { of, tasks, outcome } = await live(
      '000.success-recovery',
      team({
        facts: [{ after: 'P5D', step: 'workflow-optimisation', what: 'completed' }],
        events: [{ after: 'P3D', type: 'training_held' }],
        scores: [
          { after: 'PT1H', model: '000.health-score', value: 'watch' },
          { after: 'P6D', model: '000.health-score', value: 'green' },
          { after: 'P13D', model: '000.health-score', value: 'green' },
        ],
      }),
    );
    expect(of('recovery-invitation')).toEqual(['PT0S sent recovery_invitation']);
    expect(tasks).toEqual([
      expect.stringContaining('PT0S training-reinforcement → csm by P7D') as string,
      'PT0S workflow-optimisation → csm by P7D completed',
    ]);
    expect(outcome).toBe('recovered');
  });

  it('goes wrong throughout: nothing is done in its week, and after four the intervention is asked for anew', async () => {
    const { of, tasks, outcome, events } = await live('000.success-recovery', team());
    expect(escalations(tasks)).toEqual([
      'P7D training-reinforcement → cs-lead by P8D level 1',
      'P7D workflow-optimisation → cs-lead by P8D level 1',
    ]);
    expect(of('progress').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'P7D missed',
      'P14D missed',
      'P21D missed',
    ]);
    expect(of('training-reinforcement').at(-1)).toMatch(/^P28D missed/);
    expect(outcome).toBe('no-improvement');
    expect(events).toEqual(['P28D health.recovery_over']);
  });

  it('may be given more time', async () => {
    const { outcome, entries } = await live(
      '000.success-recovery',
      team({ commands: [{ after: 'P20D', command: 'extend', duration: 'P14D' }] }),
    );
    expect(entries.at(-1)!.offset).toMatch(/^P42D/);
    expect(outcome).toBe('no-improvement');
  });

  it('ends when the customer leaves', async () => {
    const { outcome } = await live(
      '000.success-recovery',
      team({ events: [{ after: 'P4D', type: 'subscription.cancelled' }] }),
    );
    expect(outcome).toBe('churned');
  });
});
