import { beforeAll, describe, expect, it } from 'vitest';
import { readShipped } from '../../../playbooks/publish/read-shipped.ts';
import type { Playbook } from '../../../workflows/contracts/playbook.ts';
import type { Entry } from '../../../workers/rehearse/entries.ts';
import { readPersona } from '../../../workers/rehearse/persona.ts';
import { rehearse } from '../../../workers/rehearse/rehearse.ts';
import type { RehearseOptions } from '../../../workers/rehearse/rehearse.ts';
import { testGround } from '../../support/ground.ts';

let playbook: Playbook;
beforeAll(async () => {
  playbook = await readShipped('000.platform-incident');
});

/** Monday, 2 March 2026, 15:00 UTC. */
const MONDAY = '2026-03-02T15:00:00.000Z';
/** Friday of that week: five business days from then end on a Friday, not on a Wednesday. */
const FRIDAY = '2026-03-06T15:00:00.000Z';

const live = async (persona: Record<string, unknown>, options?: RehearseOptions) =>
  rehearse(await testGround(), playbook, readPersona({ start: MONDAY, ...persona }, playbook), options);

/** `offset outcome reason` of one step, its notices by template with how many accounts each. */
const of = (entries: Entry[], step: string) =>
  entries
    .filter((e) => e.step === step && e.kind !== 'notice')
    .map((e) => [e.offset, e.outcome, e.reason].filter((cell) => cell !== null).join(' '));
const notices = (entries: Entry[], step: string) => {
  const counts = new Map<string, number>();
  for (const e of entries.filter((one) => one.step === step && one.kind === 'notice')) {
    const line = `${e.outcome} ${e.template ?? e.reason}`;
    counts.set(`${e.offset}|${line}`, (counts.get(`${e.offset}|${line}`) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => line.replace('|', ` ${count} `));
};

const review = { command: 'post-mortem', rootCause: 'A deploy.', owner: 'u_7', actions: [{ what: 'Add a canary.' }] };

describe('000.platform-incident', () => {
  it('takes a SEV-1 from its page to its post-mortem, tells every account by its plan and keeps the promised cadence', async () => {
    const { outcome, entries, history } = await live({
      severity: 'SEV-1',
      affected: { starter: 3, enterprise: 2, community: 1 },
      updates: [
        { after: 'PT4M', status: 'Investigating' },
        { after: 'PT20M', status: 'Identified' },
        { after: 'PT35M', status: 'Monitoring' },
        { after: 'PT50M', status: 'Resolved' },
      ],
      commands: [
        { after: 'PT2M', command: 'acknowledge' },
        { after: 'P2D', ...review },
      ],
    });
    expect(of(entries, 'page-on-call')).toEqual(['PT0S sent as-planned', 'PT2M completed completed']);
    expect(entries.filter((e) => e.kind === 'escalation')).toEqual([]);
    expect(of(entries, 'first-notice')).toEqual(['PT4M met early']);
    expect(of(entries, 'scope')).toEqual(['PT0S met early']);
    // No promise was missed: each update came before the one before it said, and the reminder never opened.
    expect(of(entries, 'update-overdue').every((line) => line.includes('skipped already-done'))).toBe(true);
    const each = ['PT4M', 'PT20M', 'PT35M', 'PT50M'];
    expect(notices(entries, 'notice-email').sort()).toEqual(
      each.flatMap((at) => [`${at} 2 sent incident_notice_personal`, `${at} 3 sent incident_notice`]).sort(),
    );
    expect(notices(entries, 'notice-in-app')).toEqual(each.map((at) => `${at} 1 sent incident_banner`));
    // Nobody has agreed to text messages: the largest accounts are not sent any, and that is said of each.
    expect(notices(entries, 'notice-sms')).toEqual(each.map((at) => `${at} 2 skipped no-contact-with-phone`));
    expect(of(entries, 'fix')).toEqual(['PT2M sent as-planned', 'PT35M completed completed']);
    expect(of(entries, 'verify-fix')).toEqual(['PT35M sent as-planned', 'PT50M completed completed']);
    expect(of(entries, 'stays-resolved')).toEqual(['P1DT50M met check-met']);
    expect(of(entries, 'post-mortem-sev1')).toEqual(['PT50M sent as-planned', 'P2D completed completed']);
    expect(of(entries, 'post-mortem-sev2')).toEqual(['PT50M skipped another-severity']);
    expect(outcome).toBe('reviewed');
    expect(history.events).toBeLessThan(200);
  });

  it('goes wrong throughout: nobody acknowledges, nobody says anything, and every clock reaches its last level', async () => {
    const calls: string[] = [];
    const { outcome, entries } = await live(
      { affected: 2 },
      {
        observe: async ({ rig, journeyId }) => {
          const list = await rig.call<{ items: { id: string; journey: string }[] }>('GET', '/v1/incidents');
          const { id } = list.body.items.find((one) => one.journey === journeyId)!;
          const { body } = await rig.call<{ pages: { role: string; at: string }[] }>('GET', `/v1/incidents/${id}`);
          calls.push(...body.pages.map((page) => `${page.at.slice(11, 16)} ${page.role}`));
        },
      },
    );
    const levels = entries.filter((e) => e.kind === 'escalation').map((e) => `${e.offset} ${e.step} ${e.reason}`);
    expect(levels).toEqual([
      'PT5M page-on-call/level-1 incident-lead',
      'PT10M classify/level-1 head-of-engineering',
      'PT10M update-overdue/level-1 incident-lead',
      'PT15M page-on-call/level-2 head-of-engineering',
      'PT15M update-overdue/level-2 head-of-customer-success',
      'PT25M update-overdue/level-3 executive',
      'PT30M page-on-call/level-3 executive',
    ]);
    expect(of(entries, 'first-notice')).toEqual(['PT5M missed missed']);
    expect(of(entries, 'update-overdue')[0]).toBe('PT5M sent as-planned');
    // Who was asked to answer was called, level by level, and not only given a task.
    expect(calls.sort()).toEqual([
      '15:00 on-call',
      '15:05 communications-lead',
      '15:05 incident-lead',
      '15:10 incident-lead',
      '15:15 head-of-customer-success',
      '15:15 head-of-engineering',
      '15:25 executive',
      '15:30 executive',
    ]);
    expect(notices(entries, 'notice-email')).toEqual([]);
    expect(outcome).toBe('max-age');
  });

  it('reminds when a promise is broken, escalates until somebody speaks, and promises anew', async () => {
    const { entries } = await live({
      severity: 'SEV-2',
      affected: 2,
      updates: [
        { after: 'PT3M', status: 'Investigating' },
        { after: 'PT31M', status: 'Identified', nextUpdateInMinutes: 10 },
        { after: 'PT45M', status: 'Monitoring' },
        { after: 'PT60M', status: 'Resolved' },
      ],
      commands: [{ after: 'P1D', ...review }],
    });
    // Twenty minutes after the first notice at 3; ten after the second at 31, as it promised.
    expect(of(entries, 'update-overdue').filter((line) => !line.includes('skipped'))).toEqual([
      'PT23M sent as-planned',
      'PT31M completed completed',
      'PT41M sent as-planned',
      'PT45M completed completed',
    ]);
    expect(entries.filter((e) => e.kind === 'escalation').map((e) => `${e.offset} ${e.reason}`)).toEqual([
      'PT28M incident-lead',
    ]);
    expect(notices(entries, 'notice-email')).toHaveLength(4);
  });

  it('gives a SEV-2 five business days for its post-mortem, over a weekend, and asks after it when they are over', async () => {
    const { entries, outcome } = await live({
      start: FRIDAY,
      severity: 'SEV-2',
      affected: 1,
      updates: [
        { after: 'PT3M', status: 'Investigating' },
        { after: 'PT15M', status: 'Resolved' },
      ],
      facts: [{ after: 'P9D', step: 'post-mortem-sev2-overdue', what: 'completed' }],
      commands: [{ after: 'P10D', ...review }],
    });
    // Friday 15:15 and five business days: the Friday after.
    expect(of(entries, 'post-mortem-sev2')).toEqual(['PT15M sent as-planned', 'P7DT15M missed not-answered']);
    expect(entries.filter((e) => e.kind === 'escalation').map((e) => `${e.offset} ${e.step}`)).toContain(
      'P6DT15M post-mortem-sev2/level-1',
    );
    expect(of(entries, 'post-mortem-sev2-overdue')).toEqual(['P7DT15M sent as-planned', 'P9D completed completed']);
    expect(outcome).toBe('reviewed');
  });

  it('does not page for a SEV-4, tells whoever is added once, follows a raised severity, and begins anew when it comes back', async () => {
    const { entries, outcome } = await live({
      severity: 'SEV-4',
      affected: { starter: 1, business: 1 },
      updates: [
        { after: 'PT40M', status: 'Resolved' },
        { after: 'PT95M', status: 'Resolved' },
      ],
      commands: [
        { after: 'PT2M', command: 'scope', affected: { plans: ['starter'] } },
        { after: 'PT4M', command: 'update', message: 'Some mails are late.' },
        { after: 'PT12M', command: 'scope', affected: { all: true } },
        { after: 'PT60M', command: 'reopen' },
        { after: 'PT70M', command: 'classify', severity: 'SEV-1' },
        { after: 'P1D', ...review },
      ],
    });
    expect(of(entries, 'page-on-call')).toEqual(['PT0S skipped minor-severity']);
    expect(of(entries, 'tell-on-call')).toEqual(['PT0S sent as-planned', 'PT2M completed completed']);
    const mails = notices(entries, 'notice-email');
    expect(mails).toContain('PT4M 1 sent incident_notice');
    // Added to the scope: told what the others had been told, once.
    expect(mails).toContain('PT12M 1 sent incident_notice_personal');
    expect(mails.filter((line) => line.startsWith('PT12M'))).toHaveLength(1);
    expect(mails.filter((line) => line.startsWith('PT1H '))).toHaveLength(2);
    expect(mails.filter((line) => line.startsWith('PT1H35M '))).toHaveLength(2);
    // Promised within four hours when it came back, and within 20 minutes once it was a SEV-1.
    expect(of(entries, 'update-overdue').slice(-2)).toEqual(['PT1H30M sent as-planned', 'PT1H35M completed completed']);
    // Minor when it was first resolved, a SEV-1 when it came back: its post-mortem counts from the end that lasted.
    expect(of(entries, 'post-mortem-sev1')).toEqual([
      'PT40M skipped another-severity',
      'PT1H35M sent as-planned',
      'P1D completed completed',
    ]);
    expect(outcome).toBe('reviewed');
  });
});
