import { beforeAll, describe, expect, it } from 'vitest';
import { readShipped } from '../../../playbooks/publish/read-shipped.ts';
import type { Playbook } from '../../../workflows/contracts/playbook.ts';
import { readPersona } from '../../../workers/rehearse/persona.ts';
import { rehearse } from '../../../workers/rehearse/rehearse.ts';
import type { RehearseOptions } from '../../../workers/rehearse/rehearse.ts';
import { testGround } from '../../support/ground.ts';
import { of, renewalPersona } from './personas.ts';

let playbook: Playbook;
beforeAll(async () => {
  playbook = await readShipped('001.renewal-reminders');
});

async function live(given?: Parameters<typeof renewalPersona>[0], options?: RehearseOptions) {
  const persona = readPersona(renewalPersona(given), playbook);
  const { entries, ...rest } = await rehearse(await testGround(), playbook, persona, options);
  return { ...rest, entries, step: (id: string) => of(entries, id) };
}

const decided = (after: string, decision: string) => ({ after, type: 'renewal.decided', data: { decision } });

describe('001.renewal-reminders', () => {
  it('reminds 60, 30, 14, 7 and 1 days before, at ten in the morning on both sides of summer time, and renews on the day', async () => {
    const facts: Record<string, unknown>[] = [];
    const { step, outcome, history } = await live(
      {},
      {
        observe: async ({ rig }) => {
          const { body } = await rig.call<{ items: { facts: Record<string, unknown> }[] }>('GET', '/v1/accounts');
          facts.push(body.items[0]!.facts);
        },
      },
    );
    expect(step('reminder-60')).toEqual(['2027-01-30 10:00 sent renewal_value_summary']);
    expect(step('discussion')).toEqual(['2027-01-30 10:00 skipped health-not-low']);
    expect(step('renewal-notice')).toEqual(['2027-03-01 10:00 sent renewal_notice']);
    expect(step('discussion-30')[0]).toBe('2027-03-01 10:00 sent as-planned');
    expect(step('decision-request')).toEqual(['2027-03-17 10:00 sent renewal_decision_request']);
    expect(step('decision-call')[0]).toBe('2027-03-17 10:00 sent as-planned');
    expect(step('last-details')).toEqual(['2027-03-24 10:00 sent renewal_last_details']);
    expect(step('final-notice')).toEqual(['2027-03-30 10:00 sent renewal_final_notice']);
    expect(step('discussion-30').at(-1)).toBe('2027-03-31 00:00 missed not-answered');
    expect(outcome).toBe('renewed');
    expect(facts).toMatchObject([{ renewal_date: '2028-03-31', renewal_day: 31, renewal_decision: 'none' }]);
    expect(history.events).toBeLessThan(200);
  });

  it('asks an undecided customer with a health of 55 to talk, at 60 days and when they say so, and takes a late yes', async () => {
    const { step, outcome } = await live({
      account: { autoRenew: false },
      scores: [{ after: 'PT1H', model: '002.health.score', value: 55 }],
      events: [decided('P45D', 'undecided'), decided('P66D', 'renew')],
    });
    expect(step('discussion')[0]).toBe('2027-01-30 10:00 sent as-planned');
    expect(step('discussion-asked')[0]).toBe('2027-03-06 12:00 sent as-planned');
    // What the decision was wanted for is done by it.
    expect(step('discussion-asked').at(-1)).toBe('2027-03-27 13:00 completed completed');
    expect(step('decision-call').at(-1)).toBe('2027-03-27 13:00 completed completed');
    expect(step('discussion-30')).toEqual(['2027-03-01 10:00 skipped no-discussion-needed']);
    expect(step('decision-call')[0]).toBe('2027-03-17 10:00 sent as-planned');
    expect(step('last-details')).toEqual(['2027-03-24 10:00 sent renewal_last_details']);
    expect(outcome).toBe('renewed');
  });

  it('moves every wait at once when the date comes three weeks earlier: the notice leaves within its span, what is past stays out', async () => {
    const { step, outcome } = await live({
      commands: [{ after: 'P30D', command: 'move-date', date: '2027-03-10T05:00:00Z' }],
    });
    expect(step('reminder-60')).toEqual(['2027-01-30 10:00 sent renewal_value_summary']);
    expect(step('renewal-notice')).toEqual(['2027-02-19 12:00 sent renewal_notice']);
    expect(step('decision-request')).toEqual(['2027-02-24 10:00 sent renewal_decision_request']);
    expect(step('last-details')).toEqual(['2027-03-03 10:00 sent renewal_last_details']);
    expect(step('final-notice')).toEqual(['2027-03-09 10:00 sent renewal_final_notice']);
    expect(outcome).toBe('renewed');
  });

  it('sends the notice anew when the date goes two months later, and every reminder far enough away again', async () => {
    const { step, outcome } = await live({
      commands: [{ after: 'P50D', command: 'move-date', date: '2027-05-31T04:00:00Z' }],
    });
    expect(step('renewal-notice')).toEqual([
      '2027-03-01 10:00 sent renewal_notice',
      '2027-05-01 10:00 sent renewal_notice',
    ]);
    expect(step('reminder-60')).toEqual([
      '2027-01-30 10:00 sent renewal_value_summary',
      '2027-04-01 10:00 sent renewal_value_summary',
    ]);
    expect(step('decision-request')).toEqual(['2027-05-17 10:00 sent renewal_decision_request']);
    expect(step('final-notice')).toEqual(['2027-05-30 10:00 sent renewal_final_notice']);
    expect(outcome).toBe('renewed');
  });

  it('lets the notice of the law leave through a pause, and nothing else', async () => {
    const { step, outcome } = await live({
      commands: [
        { after: 'P35D', command: 'pause' },
        { after: 'P58D', command: 'resume' },
      ],
    });
    expect(step('renewal-notice')).toEqual(['2027-03-01 10:00 sent renewal_notice']);
    expect(step('decision-request')).toEqual(['2027-03-19 13:00 skipped stale']);
    expect(step('last-details')).toEqual(['2027-03-24 10:00 sent renewal_last_details']);
    expect(outcome).toBe('renewed');
  });

  it('of a monthly term does what fits: past offsets are on record and not sent, and a short month keeps the day', async () => {
    const facts: Record<string, unknown>[] = [];
    const { step, outcome } = await live(
      {
        start: '2027-01-31T05:00:00.000Z',
        account: { renewalDate: '2027-02-28', facts: { renewal_term: 'P1M', renewal_day: 31 } },
      },
      {
        observe: async ({ rig }) => {
          const { body } = await rig.call<{ items: { facts: Record<string, unknown> }[] }>('GET', '/v1/accounts');
          facts.push(body.items[0]!.facts);
        },
      },
    );
    expect(step('reminder-60')).toEqual(['2027-01-31 00:00 skipped already-past']);
    expect(step('discussion')).toEqual(['2027-01-31 00:00 skipped already-past']);
    expect(step('renewal-notice')).toEqual(['2027-01-31 00:00 sent renewal_notice']);
    expect(step('decision-request')).toEqual(['2027-02-14 10:00 sent renewal_decision_request']);
    expect(step('last-details')).toEqual(['2027-02-21 10:00 sent renewal_last_details']);
    expect(step('final-notice')).toEqual(['2027-02-27 10:00 sent renewal_final_notice']);
    expect(outcome).toBe('renewed');
    expect(facts).toMatchObject([{ renewal_date: '2027-03-31', renewal_day: 31 }]);
  });

  it('takes a no: asks nothing more, says what ends, and has the exit interview begin', async () => {
    const journeys: { playbook: string; state: string }[] = [];
    const { step, outcome } = await live(
      {
        // The plan is scored by 002.health.score, which says nothing of this customer.
        scores: [{ after: 'PT1H', model: '001.health.score', value: 55 }],
        events: [decided('P20D', 'decline')],
      },
      {
        observe: async ({ rig }) => {
          const { body } = await rig.call<{ items: typeof journeys }>('GET', '/v1/journeys');
          journeys.push(...body.items);
        },
      },
    );
    expect(step('renewal-notice')).toEqual(['2027-03-01 10:00 sent renewal_notice']);
    expect(step('discussion')).toEqual(['2027-01-30 10:00 sent as-planned', '2027-02-09 12:00 completed completed']);
    expect(step('discussion-30')).toEqual(['2027-03-01 10:00 skipped renewal-declined']);
    expect(step('decision-request')).toEqual(['2027-03-17 10:00 skipped renewal-decided']);
    expect(step('last-details')).toEqual(['2027-03-24 10:00 skipped renewal-declined']);
    expect(step('final-notice')).toEqual(['2027-03-30 10:00 sent renewal_final_notice']);
    expect(outcome).toBe('declined');
    expect(journeys).toContainEqual(expect.objectContaining({ playbook: '001.feedback.exit-interview' }));
  });

  it('goes on with more when they say so: the upgrade is a task at once, and the term is renewed', async () => {
    const { step, outcome } = await live({ events: [decided('P20D', 'upgrade')] });
    expect(step('upgrade-arrangement')[0]).toBe('2027-02-09 12:00 sent as-planned');
    expect(step('decision-call')).toEqual(['2027-03-17 10:00 skipped renewal-decided']);
    expect(outcome).toBe('upgraded');
  });

  it('has nobody arrange an upgrade that they think better of, and again when they come back to it', async () => {
    const { step, outcome } = await live({
      events: [decided('P20D', 'upgrade'), decided('P22D', 'renew'), decided('P24D', 'upgrade')],
    });
    expect(step('upgrade-arrangement').slice(0, 3)).toEqual([
      '2027-02-09 12:00 sent as-planned',
      '2027-02-11 12:00 completed completed',
      '2027-02-13 12:00 sent as-planned',
    ]);
    expect(outcome).toBe('upgraded');
  });
});
