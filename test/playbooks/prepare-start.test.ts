import { describe, expect, it } from 'vitest';
import { prepareStart, recipientZone } from '../../playbooks/prepare-start.ts';
import type { PrepareStart } from '../../playbooks/prepare-start.ts';
import { readShipped } from '../../playbooks/publish/read-shipped.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { createKernel } from '../../workflows/kernel/create-kernel.ts';
import { rulesOf } from '../../workflows/rules/rules-of.ts';

const now = Date.parse('2026-03-02T10:00:00Z');
const trial = await readShipped('002.trial');
const onboarding = await readShipped('000.trial-onboarding');
const highRisk = await readShipped('002.churn.high-risk');

const prepare = (over: Partial<PrepareStart> = {}) =>
  prepareStart({
    playbook: trial,
    version: 1,
    account: { id: 'acme', name: 'Acme Ltd', plan: 'trial', timeZone: 'Europe/Berlin', facts: {} },
    contacts: [{ role: 'primary' }],
    now,
    journeyId: 'j-1',
    systemZone: 'UTC',
    ...over,
  });
const refused = (over: Partial<PrepareStart>) => {
  try {
    prepare(over);
  } catch (error) {
    if (error instanceof TenureError) return error.code;
    throw error;
  }
  return 'accepted';
};
const planned = (over: Partial<PrepareStart> = {}) => {
  const { timetable, state } = prepare(over);
  const forecast = createKernel(timetable, rulesOf(timetable.kind)).forecast(state, state.startedAt);
  return forecast.map(
    ({ step, at, waitsFor }) => `${new Date(at).toISOString().slice(0, 16)} ${step}${waitsFor ? ` (${waitsFor})` : ''}`,
  );
};

describe('a start', () => {
  it('plans the trial to the hour', () => {
    expect(planned()).toEqual([
      '2026-03-02T10:00 welcome-email',
      '2026-03-02T10:00 quick-win',
      '2026-03-02T12:00 setup-sms',
      '2026-03-02T14:00 first-conversation-tutorial',
      '2026-03-03T10:00 first_successful_conversation_in_5_minutes',
      '2026-03-03T10:00 first_ai_interaction_within_24h',
      '2026-03-07T10:00 day3-checkin (loggedIn)',
      '2026-03-07T10:00 day6-offer',
      '2026-03-07T10:00 day6-banner',
    ]);
  });

  it('puts day 3 and day 6 into the local window and leaves the hours of day 1 alone', () => {
    const facts = { logged_in: true };
    const late = planned({
      anchor: Date.parse('2026-03-02T20:00:00Z'),
      account: { id: 'a', name: 'A', plan: 'trial', timeZone: 'Europe/Berlin', facts },
    });
    expect(late).toContain('2026-03-02T20:00 welcome-email');
    expect(late).toContain('2026-03-02T22:00 setup-sms');
    expect(late).toContain('2026-03-05T08:00 day3-checkin');
    expect(late).toContain('2026-03-08T08:00 day6-offer');
    expect(late).toContain('2026-03-08T08:00 day6-banner');
  });

  it('plans the onboarding’s days 1, 3, 7 and 14, the check-ins and the payment method', () => {
    const dates = planned({ playbook: onboarding });
    const on = (step: string) => dates.filter((line) => line.endsWith(` ${step}`)).map((line) => line.slice(0, 10));
    expect(on('team-checklist')).toEqual(['2026-03-02']);
    expect(on('day3-first-decision-check')).toEqual(['2026-03-04']);
    expect(on('day7-adoption')).toEqual(['2026-03-08']);
    expect(on('day14-review')).toEqual(['2026-03-15']);
    expect(on('check-in')).toEqual(['2026-03-08', '2026-03-15']);
    expect(on('payment-method-request')).toEqual(['2026-03-13']);
  });

  it('sets the flags that facts already tell, and knows when the trial ends', () => {
    const account = {
      id: 'acme',
      name: 'Acme Ltd',
      plan: 'trial',
      timeZone: 'UTC',
      facts: { logged_in: true, setup_completed: true },
    };
    const { state } = prepare({ account });
    expect(state.flags).toEqual({ loggedIn: now, setupCompleted: now });
    expect(state.anchors.trialEnd).toBe(now + 14 * 86_400_000);
    expect(prepare({ options: { expiryNotice: true } }).state.flags).toEqual({ expiryNotice: now });
  });

  it('carries nothing of the customer into the run', () => {
    const text = JSON.stringify(
      prepare({
        account: {
          id: 'acme',
          name: 'Acme Ltd',
          plan: 'trial',
          timeZone: 'UTC',
          industry: 'dentistry',
          facts: { use_case: 'teeth' },
        },
      }).input,
    );
    for (const word of ['Acme Ltd', 'dentistry', 'teeth']) expect(text).not.toContain(word);
    expect(Buffer.byteLength(text)).toBeLessThan(24 * 1024);
  });

  it('takes options within their bounds', () => {
    expect(prepare({ options: { trialLength: 'P30D' } }).state.anchors.trialEnd).toBe(now + 30 * 86_400_000);
    expect(prepare({ options: { day3HighConversations: 20 } }).config.day3HighConversations).toBe(20);
    expect(refused({ options: { trial_length: 'P7D' } })).toBe('unknown-name');
    expect(refused({ options: { constructor: 'P7D' } })).toBe('unknown-name');
    expect(refused({ options: { trialLength: 7 } })).toBe('invalid-request');
    expect(refused({ options: { trialLength: 'a week' } })).toBe('invalid-request');
    expect(refused({ options: { trialLength: 'P1M' } })).toBe('accepted');
    expect(refused({ options: { extension: 'P1M' } })).toBe('invalid-request');
    expect(refused({ options: { highDiscountPercent: 101 } })).toBe('invalid-request');
    expect(refused({ options: { day3HighActiveDays: Number.NaN } })).toBe('invalid-request');
    expect(refused({ options: { windowFrom: '19:00' } })).toBe('invalid-request');
    expect(refused({ options: { windowFrom: '9:00' } })).toBe('invalid-request');
  });

  it('refuses options that only show when a step is delivered', () => {
    const save = (options: Record<string, unknown>) => refused({ playbook: highRisk, options });
    expect(save({ ceoAutoSend: 'drop' })).toBe('accepted');
    expect(save({ ceoAutoSend: 'explode' })).toBe('invalid-request');
    expect(save({ ceoApproval: 'PT0S' })).toBe('invalid-request');
  });

  it('refuses an end before the start, before day 6, or after the greatest age', () => {
    expect(refused({ options: { trialLength: '-P1D' } })).toBe('invalid-date');
    expect(refused({ options: { trialLength: 'PT0S' } })).toBe('invalid-date');
    expect(refused({ options: { trialLength: 'P3D' } })).toBe('invalid-date');
    expect(refused({ options: { trialLength: 'P9999D' } })).toBe('invalid-date');
  });

  it.each(['1900-01-01', '1999-12-31', '2101-01-01', '9999-12-31'])('refuses an anchor in %s', (day) => {
    expect(refused({ anchor: Date.parse(`${day}T00:00:00Z`) })).toBe('invalid-date');
  });

  it('takes anchors from 2000 to 2100, with zone rules that reach beyond the trial', () => {
    for (const day of ['2000-01-01', '2026-02-28', '2100-12-31']) {
      const anchor = Date.parse(`${day}T12:00:00Z`);
      const { state } = prepare({ anchor });
      expect(state.startedAt).toBe(anchor);
      expect(state.zone.from[0]).toBeLessThan(Math.min(anchor, now));
    }
    expect(refused({ anchor: Number.NaN })).toBe('invalid-date');
  });

  it('refuses an unknown plan', () => {
    expect(refused({ account: { id: 'a', name: 'A', plan: 'gold', timeZone: 'UTC', facts: {} } })).toBe('unknown-plan');
  });

  it('speaks in the zone of the contact, else of the account, else of the system', () => {
    const account = { id: 'a', name: 'A', plan: 'trial', timeZone: 'Asia/Kathmandu', facts: {} };
    const zone = (contacts: PrepareStart['contacts'], timeZone = 'Asia/Kathmandu') =>
      recipientZone({ contacts, account: { ...account, timeZone }, systemZone: 'UTC' });
    expect(
      zone([
        { role: 'billing', timeZone: 'Asia/Tokyo' },
        { role: 'primary', timeZone: 'Europe/Rome' },
      ]),
    ).toBe('Europe/Rome');
    expect(zone([{ role: 'billing', timeZone: 'Asia/Tokyo' }])).toBe('Asia/Tokyo');
    expect(zone([{ role: 'primary', timeZone: null }])).toBe('Asia/Kathmandu');
    expect(zone([], 'Mars/Olympus')).toBe('UTC');
  });
});
