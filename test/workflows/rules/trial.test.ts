import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../../workflows/rules/rules-of.ts';
import { DAY, Run, START, at, due, iso, step, trial } from '../kernel/fixtures.ts';

const open = (offer: string) => {
  const run = new Run().runTo(START + 5 * DAY - 1);
  run.tick(START + 5 * DAY);
  run.outcome(START + 5 * DAY, 'offer', { is: 'sent', opens: true, offer });
  run.outcome(START + 5 * DAY, 'banner', { is: 'sent' });
  return run;
};

describe('a trial', () => {
  it('is extended when its extension is accepted, and everything that counts from its end moves with it', () => {
    const run = open('extended-trial');
    run.fact(START + 6 * DAY, 'offer', 'accepted');
    expect([iso(run.state.anchors.trialEnd), run.state.extended]).toEqual([
      '2026-04-20T10:00:00.000Z',
      { trialEnd: 14 * DAY },
    ]);
    expect(run.due('last-call')).toBe('2026-04-18T10:00:00.000Z');
    run.runTo(START + 40 * DAY);
    expect(run.state.ended).toMatchObject({ outcome: 'expired', at: at('2026-04-20T10:00:00Z') });
    expect([run.told('offer'), run.told('thanks'), run.told('reminder')]).toEqual([
      'accepted',
      'sent',
      'skipped(not-needed)',
    ]);
  });

  it('counts that extension with those of staff', () => {
    const run = open('extended-trial');
    run.fact(START + 6 * DAY, 'offer', 'accepted');
    expect(run.command(START + 6 * DAY, { name: 'extend', by: 80 * DAY }).refused).toMatchObject({
      code: 'extension-too-long',
      nearest: { duration: 'P76D' },
    });
  });

  it('is extended by one offer once', () => {
    const twice = {
      ...trial,
      steps: [
        ...trial.steps,
        step('again', 'day6', due('P5D'), { kind: 'offer', open: { otherwise: 'expired', clock: 'run-on' } }),
      ],
    };
    const run = new Run(twice).runTo(START + 5 * DAY - 1);
    run.tick(START + 5 * DAY);
    for (const id of ['offer', 'again'])
      run.outcome(START + 5 * DAY, id, { is: 'sent', opens: true, offer: 'extended-trial' });
    for (const id of ['offer', 'again']) run.fact(START + 6 * DAY, id, 'accepted');
    expect([run.told('again'), run.state.extended.trialEnd]).toEqual(['accepted', 14 * DAY]);
  });

  it('is converted by an offer that converts; declined offers and unknown ones change nothing', () => {
    const converted = open('first-month');
    converted.fact(START + 6 * DAY, 'offer', 'accepted');
    expect(converted.state.ended).toMatchObject({ outcome: 'converted', how: 'goal' });
    for (const [offer, what] of [
      ['extended-trial', 'declined'],
      ['toString', 'accepted'],
    ] as const) {
      const run = open(offer);
      run.fact(START + 6 * DAY, 'offer', what);
      expect([run.told('offer'), run.state.extended, run.state.ended]).toEqual([what, {}, null]);
    }
  });

  it('has rules of its own; an unknown kind has none', () => {
    expect(rulesOf('trial').onFact).toBeTypeOf('function');
    expect(rulesOf('constructor')).toEqual({});
  });
});
