import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { messages } from '../../../db/schema/index.ts';
import { escalations, live, savePersona } from './save-rig.ts';

const HIGH = '002.churn.high-risk';

describe('002.churn.high-risk', () => {
  it('goes right: approved, analysed, called and planned, each within its clock', async () => {
    const { of, tasks, outcome, holds } = await live(
      HIGH,
      savePersona({
        account: { facts: { value_plan_steps: ['Connect the second shop · we, by Friday'] } },
        commands: [{ after: 'PT1H', command: 'approve', step: 'ceo-personal-email' }],
        facts: [
          { after: 'PT3H', step: 'usage-analysis', what: 'completed' },
          { after: 'PT20H', step: 'customer-success-call', what: 'held' },
          { after: 'PT40H', step: 'value-plan', what: 'completed' },
        ],
        scores: [
          { after: 'P2D', model: '002.health.score', value: 35 },
          { after: 'P3D', model: '002.health.score', value: 55 },
          { after: 'P10D', model: '002.health.score', value: 56 },
        ],
      }),
    );
    expect(of('ceo-personal-email')).toEqual([
      'PT0S held risk_ceo_personal_email',
      'PT1H sent risk_ceo_personal_email',
    ]);
    expect(of('ceo-email-clock')).toEqual(['PT2H met check-met']);
    expect(tasks).toEqual([
      'PT0S ceo-personal-email → ceo by PT1H45M completed',
      'PT0S customer-success-call → csm by P1D completed',
      'PT0S usage-analysis → csm by PT13H59M completed',
      'PT0S value-plan → csm by P2D completed',
    ]);
    expect(of('value-plan-email')).toEqual(['P1DT16H sent risk_value_plan']);
    expect(outcome).toBe('saved');
    expect(of('case-review')).toEqual(['P10D dropped journey-ended']);
    expect(holds).toEqual([]);
  });

  it('goes wrong throughout: every missed clock goes to the Head of CS, to the minute, and the loss is told on', async () => {
    const { of, tasks, outcome, events, holds } = await live(
      HIGH,
      savePersona({
        options: { ceoAutoSend: 'wait' },
        events: [{ after: 'P6D', type: 'subscription.cancelled' }],
      }),
    );
    expect(of('ceo-personal-email')[0]).toBe('PT0S held approval');
    expect(of('ceo-email-clock')).toEqual(['PT2H missed check-missed']);
    const toHead = tasks.filter((line) => line.includes('→ head-of-cs'));
    expect(toHead).toEqual([
      'PT1H45M ceo-personal-email → head-of-cs by P1DT1H45M cancelled',
      'PT2H ceo-email-breach → head-of-cs by PT6H cancelled',
      'PT13H59M usage-analysis-breach → head-of-cs by PT17H59M cancelled',
      'P1D customer-success-call → head-of-cs by P2D level 1',
      'P2D value-plan → head-of-cs by P3D level 1',
    ]);
    expect(of('value-plan-email')).toEqual(['P6D dropped journey-ended']);
    expect(outcome).toBe('churned');
    expect(events).toEqual(['P6D customer.churned']);
    expect(holds).toEqual([]);
  });

  it('sends by itself what the CEO did not look at, within the 2 hours, and calls again after a no-show', async () => {
    const { of, tasks } = await live(
      HIGH,
      savePersona({
        facts: [
          { after: 'PT5H', step: 'usage-analysis', what: 'completed' },
          { after: 'PT20H', step: 'customer-success-call', what: 'no-show' },
          { after: 'P1DT21H', step: 'call-again', what: 'held' },
        ],
        events: [{ after: 'P2DT1H', type: 'cancellation_withdrawn' }],
      }),
    );
    expect(of('ceo-personal-email').at(-1)).toBe('PT1H45M sent risk_ceo_personal_email');
    expect(of('ceo-email-clock')).toEqual(['PT2H met check-met']);
    expect(of('call-again')).toEqual(['PT20H sent as-planned', 'P1DT21H held meeting-held']);
    expect(escalations(tasks).map((line) => line.split(' ').slice(0, 4).join(' '))).toEqual([
      'P1DT20H call-again → head-of-cs',
      'P2D value-plan → head-of-cs',
    ]);
  });

  it('leaves with the CEO’s own words', async () => {
    let text = '';
    const { of } = await live(
      HIGH,
      savePersona({
        commands: [
          {
            after: 'PT30M',
            command: 'edit',
            step: 'ceo-personal-email',
            subject: 'Maya, what can I do?',
            text: 'Maya, call me.',
          },
          { after: 'PT90M', command: 'approve', step: 'ceo-personal-email' },
        ],
        events: [{ after: 'PT3H', type: 'cancellation_withdrawn' }],
      }),
      {
        observe: async ({ rig, journeyId }) => {
          const [row] = await rig.database.db.select().from(messages).where(eq(messages.journeyId, journeyId));
          text = `${row!.state} ${JSON.stringify(row)}`;
        },
      },
    );
    expect(of('ceo-personal-email').at(-1)).toBe('PT1H30M sent risk_ceo_personal_email');
    expect(text).toContain('Maya, what can I do?');
  });

  it('counts a rejected draft as a missed clock, and gives the analysis 2 hours when the day is nearly over', async () => {
    const { of, tasks } = await live(
      HIGH,
      savePersona({
        // 23:30 in New York: 13 hours and a half after the start that the tasks below count from.
        start: '2026-03-03T04:30:00.000Z',
        commands: [{ after: 'PT20M', command: 'reject', step: 'ceo-personal-email' }],
        events: [{ after: 'PT3H', type: 'cancellation_withdrawn' }],
      }),
    );
    expect(of('ceo-personal-email').at(-1)).toBe('PT20M skipped approval-rejected');
    expect(tasks.filter((line) => /head-of-cs|usage-analysis/.test(line))).toEqual([
      'PT13H30M usage-analysis → csm by PT15H30M cancelled',
      'PT15H30M ceo-email-breach → head-of-cs by PT19H30M cancelled',
      'PT15H30M usage-analysis-breach → head-of-cs by PT19H30M cancelled',
    ]);
  });

  it('has an accepted offer followed up after 30 days, and counts the account as saved when that is done', async () => {
    const { of, outcome, tasks } = await live(
      HIGH,
      savePersona({
        commands: [{ after: 'PT1H', command: 'approve', step: 'ceo-personal-email' }],
        facts: [
          { after: 'PT3H', step: 'usage-analysis', what: 'completed' },
          { after: 'PT20H', step: 'customer-success-call', what: 'held' },
          { after: 'PT30H', step: 'value-plan', what: 'completed' },
          { after: 'P32DT2H', step: 'retention-follow-up', what: 'completed' },
        ],
        events: [{ after: 'P2D', type: 'offer.accepted', data: { offer: 'additional_support' } }],
      }),
    );
    expect(of('retention-follow-up')).toEqual(['P32D sent as-planned', 'P32DT2H completed completed']);
    expect(tasks.filter((line) => line.includes('case-review'))).toEqual([
      'P30D case-review → head-of-cs by P31D cancelled',
    ]);
    expect(outcome).toBe('saved');
  });
});
