import { describe, expect, it } from 'vitest';
import { decide } from '../../../activities/arbiter/decide.ts';
import type { MessageClass } from '../../../workflows/contracts/playbook.ts';
import type { ArbiterFacts, Recipient } from '../../../activities/arbiter/facts.ts';
import { nextOpening } from '../../../activities/arbiter/next-opening.ts';
import { defaultPolicy } from '../../../activities/arbiter/policy.ts';

const NOW = Date.UTC(2026, 2, 4, 11, 0);
const DAY = 86_400_000;
const recipient: Recipient = { contactId: 'c1', consent: null, suppressed: [], zone: 'Europe/Berlin', sent: [0] };
const facts: ArbiterFacts = {
  now: NOW,
  kind: 'message',
  class: 'marketing',
  channel: 'email',
  provider: 'smtp',
  playbook: '002.trial',
  journeyKind: 'trial',
  stops: [],
  flag: null,
  pausedUntil: null,
  account: 'open',
  holds: [],
  recipient,
};
const stop = (scope: string, target: string | null = null) => ({
  id: 's1',
  scope,
  target,
  until: null,
  circuit: false,
});
const hold = (level: string, more = {}) => ({ id: 'h1', contactId: null, level, until: null, ...more });
const ask = (more: Partial<ArbiterFacts>, policy = defaultPolicy) => decide({ ...facts, ...more }, policy);

describe('the arbiter', () => {
  it('lets a touch go that nothing objects to', () => {
    expect(ask({})).toEqual({ is: 'go' });
  });

  it.each([
    [stop('global'), 'held'],
    [stop('channel', 'email'), 'held'],
    [stop('channel', 'sms'), 'go'],
    [stop('provider', 'smtp'), 'held'],
    [stop('provider', 'other'), 'go'],
    [stop('playbook', '002.trial'), 'held'],
    [stop('playbook', '000.trial-onboarding'), 'go'],
  ])('stops what a stop %j covers: %s', (one, is) => {
    for (const c of ['marketing', 'service', 'legal'] as const) expect(ask({ stops: [one], class: c }).is).toBe(is);
  });

  it('asks in one order: stop, journey, account, person, consent, account-wide hold, cap, hours', () => {
    const everything: Partial<ArbiterFacts> = {
      channel: 'sms',
      now: Date.UTC(2026, 2, 4, 2, 0),
      stops: [stop('global')],
      flag: 'exited',
      account: 'closed',
      holds: [hold('person'), hold('sev1')],
      recipient: { ...recipient, consent: false, sent: [9] },
    };
    const reasons: string[] = [];
    const mend: Partial<ArbiterFacts>[] = [
      { stops: [] },
      { flag: null },
      { account: 'open' },
      { holds: [hold('sev1')] },
      { recipient: { ...recipient, consent: true, sent: [9] } },
      { holds: [] },
      { recipient: { ...recipient, consent: true, sent: [0] } },
    ];
    let now = everything;
    for (const step of [{}, ...mend]) {
      now = { ...now, ...step };
      const verdict = ask(now);
      reasons.push(verdict.is === 'go' ? 'go' : verdict.reason);
    }
    expect(reasons).toEqual([
      'stopped',
      'journey-exited',
      'account-closed',
      'on-hold',
      'no-sms-consent',
      'outranked',
      'frequency-cap',
      'quiet-hours',
    ]);
  });

  it('lets a legal notice pass a pause, holds and caps, but not a stop, an exit, an erasure or a dead address', () => {
    const legal = { class: 'legal' as const };
    expect(
      ask({ ...legal, flag: 'paused', holds: [hold('person'), hold('sev1')], recipient: { ...recipient, sent: [99] } }),
    ).toEqual({ is: 'go' });
    expect(ask({ ...legal, flag: 'exited' })).toMatchObject({ is: 'dropped' });
    expect(ask({ ...legal, flag: 'exiting' })).toMatchObject({ is: 'held', hold: 'paused', reason: 'journey-exited' });
    expect(ask({ ...legal, account: 'erased' })).toMatchObject({ is: 'dropped', reason: 'account-erased' });
    const dead = { ...recipient, suppressed: [{ scope: 'all', reason: 'hard-bounce' }] };
    expect(ask({ ...legal, recipient: dead })).toMatchObject({ is: 'skipped', reason: 'suppressed-hard-bounce' });
  });

  it('holds service mail back under a hold but not by caps, hours or an unsubscribe', () => {
    const service = { class: 'service' as const };
    const out = {
      ...recipient,
      consent: false,
      suppressed: [{ scope: 'marketing', reason: 'unsubscribe' }],
      sent: [99],
    };
    expect(ask({ ...service, recipient: out })).toEqual({ is: 'go' });
    expect(ask({ ...service, holds: [hold('person')] })).toMatchObject({ is: 'held', hold: 'hold:h1' });
  });

  it('keeps the SMS hours for what is not service or legal, unless the policy binds every class', () => {
    const night = {
      channel: 'sms' as const,
      now: Date.UTC(2026, 2, 4, 21, 30),
      recipient: { ...recipient, consent: true },
    };
    const held = { is: 'held', hold: 'quiet-hours', recheck: Date.UTC(2026, 2, 5, 7, 0) };
    const classes: MessageClass[] = ['legal', 'service', 'transactional', 'marketing'];
    const strict = { ...defaultPolicy, hours: { sms: { from: '08:00', to: '21:00', classes } } };
    for (const c of ['marketing', 'transactional'] as const) expect(ask({ ...night, class: c })).toMatchObject(held);
    for (const c of ['service', 'legal'] as const) {
      expect(ask({ ...night, class: c })).toEqual({ is: 'go' });
      expect(ask({ ...night, class: c }, strict)).toMatchObject(held);
      expect(ask({ ...night, class: c, recipient: { ...recipient, consent: null } })).toMatchObject({
        reason: 'no-sms-consent',
      });
    }
  });

  it('lets what ranks higher speak while lower waits or is dropped, as the policy says', () => {
    expect(ask({ holds: [hold('sev1')] })).toMatchObject({ is: 'held', reason: 'outranked', recheck: NOW + DAY });
    expect(ask({ holds: [hold('campaign')] })).toEqual({ is: 'go' });
    expect(ask({ holds: [hold('onboarding')] })).toEqual({ is: 'go' });
    expect(ask({ holds: [hold('dunning')] }, { ...defaultPolicy, outranked: 'drop' })).toMatchObject({
      is: 'dropped',
      reason: 'outranked',
    });
    expect(ask({ holds: [hold('sev1', { contactId: 'another' })] })).toEqual({ is: 'go' });
  });

  it('looks again no later than a day, and at the end of the hold when that is sooner', () => {
    expect(ask({ holds: [hold('person')] })).toMatchObject({ recheck: NOW + DAY });
    expect(ask({ holds: [hold('person', { until: NOW + 5 })] })).toMatchObject({ recheck: NOW + 5 });
  });

  it('does not keep a check from measuring, nor a task from a journey that is paused', () => {
    const nobody = { channel: null, recipient: null, provider: null };
    expect(ask({ ...nobody, kind: 'check', stops: [stop('global')], holds: [hold('person')] })).toEqual({ is: 'go' });
    expect(ask({ ...nobody, kind: 'task', holds: [hold('person')] })).toMatchObject({ is: 'held' });
    expect(ask({ ...nobody, kind: 'task', flag: 'paused' })).toMatchObject({ is: 'held', hold: 'paused' });
  });

  it.each(['task', 'meeting'] as const)(
    'keeps no %s waiting for an incident, and for a pause of billing it does',
    (kind) => {
      const work = { kind, channel: null, recipient: null, provider: null, journeyKind: 'churn-save' };
      expect(ask({ ...work, holds: [hold('sev1')] })).toEqual({ is: 'go' });
      expect(ask({ ...work, holds: [hold('sev1'), hold('billing-pause')] })).toMatchObject({ reason: 'outranked' });
      expect(ask({ ...work, holds: [hold('sev1')] }, { ...defaultPolicy, staffWorksDuring: [] }).is).toBe('held');
    },
  );

  it('names nobody in its details', () => {
    const verdict = ask({ recipient: { ...recipient, sent: [5] } });
    expect(verdict).toEqual({
      is: 'skipped',
      reason: 'frequency-cap',
      details: { channel: 'email', class: 'marketing', limit: 5, days: 7, contact: 'c1' },
    });
  });
});

describe('the next opening', () => {
  const hours = { from: '08:00', to: '21:00' };
  it.each([
    ['inside', '2026-03-04T11:00:00Z', 'Europe/Berlin', undefined],
    ['before', '2026-03-04T05:00:00Z', 'Europe/Berlin', '2026-03-04T07:00:00.000Z'],
    ['at closing', '2026-03-04T20:00:00Z', 'Europe/Berlin', '2026-03-05T07:00:00.000Z'],
    ['over a spring change', '2026-03-28T21:00:00Z', 'Europe/Berlin', '2026-03-29T06:00:00.000Z'],
    ['over an autumn change', '2026-10-24T21:00:00Z', 'Europe/Berlin', '2026-10-25T07:00:00.000Z'],
    ['in a zone of half an hour', '2026-03-04T00:00:00Z', 'Asia/Kolkata', '2026-03-04T02:30:00.000Z'],
  ])('%s', (_name, at, zone, opening) => {
    const found = nextOpening(Date.parse(at), zone, hours);
    expect(found === undefined ? undefined : new Date(found).toISOString()).toBe(opening);
  });
});
