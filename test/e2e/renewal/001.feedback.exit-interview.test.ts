import { beforeAll, describe, expect, it } from 'vitest';
import { readShipped } from '../../../playbooks/publish/read-shipped.ts';
import type { Playbook } from '../../../workflows/contracts/playbook.ts';
import { readPersona } from '../../../workers/rehearse/persona.ts';
import { rehearse } from '../../../workers/rehearse/rehearse.ts';
import type { RehearseOptions } from '../../../workers/rehearse/rehearse.ts';
import { testGround } from '../../support/ground.ts';
import { of, people } from './personas.ts';

let playbook: Playbook;
beforeAll(async () => {
  playbook = await readShipped('001.feedback.exit-interview');
});

/** Leaves on Monday 1 March 2027 at 10:00 in New York. */
async function live(given: Record<string, unknown>, options?: RehearseOptions) {
  const json = {
    start: '2027-03-01T15:00:00.000Z',
    account: { name: 'Lakeside Outfitters', plan: 'professional', timeZone: 'America/New_York' },
    contacts: people,
    ...given,
  };
  const { entries, ...rest } = await rehearse(await testGround(), playbook, readPersona(json, playbook), options);
  return { ...rest, step: (id: string) => of(entries, id) };
}

const recorded = (after: string, reason: string, preventable: boolean) => ({
  ...{ after, type: 'churn.reason_recorded', data: { reason, preventable } },
});

describe('001.feedback.exit-interview', () => {
  it('has the CSM hold the interview, the customer answer a question, and the reason put on record', async () => {
    const facts: unknown[] = [];
    const { step, outcome } = await live(
      {
        facts: [
          { after: 'P1D', step: 'exit-interview', what: 'booked', value: '2027-03-04T16:00:00Z' },
          { after: 'P2D', step: 'exit-survey', what: 'answered', value: 6 },
          { after: 'P3D', step: 'exit-interview', what: 'held' },
        ],
        events: [recorded('P3DT2H', 'missing-feature', true)],
      },
      {
        observe: async ({ rig }) => {
          const { body } = await rig.call<{ items: { facts: unknown }[] }>('GET', '/v1/accounts');
          facts.push(body.items[0]!.facts);
        },
      },
    );
    expect(step('exit-interview')).toEqual([
      '2027-03-01 10:00 sent as-planned',
      expect.stringMatching(/^2027-03-04 10:00 held /),
    ]);
    expect(step('exit-survey')).toEqual([
      '2027-03-02 10:00 sent exit_survey',
      expect.stringMatching(/^2027-03-03 10:00 answered /),
    ]);
    expect(step('reason-record')[0]).toBe('2027-03-04 10:00 sent as-planned');
    expect(step('reason-record').at(-1)).toBe('2027-03-04 12:00 completed completed');
    expect(outcome).toBe('recorded');
    expect(facts).toMatchObject([{ churn_reason: 'missing-feature', churn_preventable: true }]);
  });

  it('asks for the reason also of somebody who did not come', async () => {
    const { step, outcome } = await live({
      facts: [
        { after: 'P1D', step: 'exit-interview', what: 'booked', value: '2027-03-04T16:00:00Z' },
        { after: 'P3D', step: 'exit-interview', what: 'no-show' },
      ],
      events: [recorded('P4D', 'price', false)],
    });
    expect(step('exit-interview').at(-1)).toMatch(/^2027-03-04 10:00 no-show /);
    expect(step('reason-record')[0]).toBe('2027-03-04 10:00 sent as-planned');
    expect(outcome).toBe('recorded');
  });

  it('ends at once when the reason is known before anybody was asked', async () => {
    const { step, outcome } = await live({ events: [recorded('PT2H', 'company-closed', false)] });
    expect(step('exit-survey')).toEqual(['2027-03-01 12:00 dropped journey-ended']);
    expect(step('reason-record')).toEqual(['2027-03-01 12:00 dropped journey-ended']);
    expect(outcome).toBe('recorded');
  });

  it('ends when they come back', async () => {
    const { outcome } = await live({ events: [{ after: 'P5D', type: 'subscription.started' }] });
    expect(outcome).toBe('came-back');
  });

  it('when nobody does anything: escalates the interview without a date, asks for the reason all the same, and ends without one', async () => {
    const tasks: { step: string; level: number; ownerRole: string }[] = [];
    const { step, outcome } = await live(
      {},
      {
        observe: async ({ rig }) => {
          const { body } = await rig.call<{ items: typeof tasks }>('GET', '/v1/tasks?limit=50');
          tasks.push(...body.items);
        },
      },
    );
    expect(step('exit-interview').at(-1)).toBe('2027-03-15 11:00 missed not-answered');
    expect(step('exit-survey').at(-1)).toBe('2027-03-31 11:00 expired exit_survey');
    expect(step('reason-record')[0]).toBe('2027-03-15 11:00 sent as-planned');
    expect(step('reason-record').at(-1)).toBe('2027-03-31 11:00 missed not-answered');
    expect(outcome).toBe('not-recorded');
    const escalated = tasks.filter(({ ownerRole }) => ownerRole === 'cs-lead').map((task) => task.step);
    expect(escalated.sort()).toEqual(['exit-interview', 'reason-record']);
  });
});
