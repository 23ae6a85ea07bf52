import { describe, expect, it } from 'vitest';
import { DAY, HOUR, Run, START, due, iso, step, timetableOf } from './fixtures.ts';

describe('facts and events', () => {
  it('are applied once by their id', () => {
    const run = new Run().runTo(START);
    run.happens({ t: 'event', id: 'same', type: 'user_logged_in', at: START, fields: {} }, START);
    const { state } = run;
    expect(run.happens({ t: 'event', id: 'same', type: 'subscription_started', at: START, fields: {} }, START)).toEqual(
      { state, effects: [] },
    );
  });

  it('complete a checklist item by item, also before it was opened', () => {
    const run = new Run();
    run.event(START, 'item_done', { item: 'contacts' });
    run.runTo(START);
    expect(run.told('quick-win')).toBe('open');
    run.event(START + HOUR, 'item_done', { item: 'contacts' });
    run.fact(START + HOUR, 'quick-win', 'completed', { item: 'nonsense' });
    expect(run.told('quick-win')).toBe('open');
    run.fact(START + 2 * HOUR, 'quick-win', 'completed', { item: 'widget' });
    expect(run.told('quick-win')).toBe('completed');
    expect(run.state.steps['quick-win']!.items).toEqual({ contacts: START, widget: START + 2 * HOUR });
  });

  it('a click that overtakes the outcome of its own touch is kept', () => {
    const run = new Run().runTo(START + 5 * DAY - 1);
    run.tick(START + 5 * DAY);
    run.fact(START + 5 * DAY + 1, 'offer', 'accepted');
    expect(run.told('offer')).toBe('sending');
    run.outcome(START + 5 * DAY + 2, 'offer', { is: 'sent', opens: true, offer: 'extended-trial' });
    expect([run.told('offer'), iso(run.state.anchors.trialEnd)]).toEqual(['accepted', iso(START + 28 * DAY)]);
    expect(run.state.steps.offer!.at).toBe(START + 5 * DAY + 1);
  });

  describe('that came before the journey’s end but are told after it', () => {
    const END = START + 14 * DAY;
    const ended = () => {
      const run = new Run().runTo(START + 5 * DAY - 1);
      run.tick(START + 5 * DAY);
      run.outcome(START + 5 * DAY, 'offer', { is: 'sent', opens: true, offer: 'extended-trial' });
      run.answer();
      return run.runTo(END);
    };

    it.each([
      ['a second before', END - 1000, 'accepted(told-after-end)'],
      ['at the very end', END, 'accepted(told-after-end)'],
      ['a second after', END + 1000, 'expired(not-answered)'],
    ])('an extension accepted %s is noted as late at most, and revives nothing', (_, accepted, told) => {
      const run = ended();
      const { rev, steps, ...before } = run.state;
      const { effects } = run.fact(END + 2000, 'offer', 'accepted', { at: accepted });
      expect(run.told('offer')).toBe(told);
      expect(effects).toEqual([]);
      expect(run.state).toMatchObject({ ended: before.ended, anchors: before.anchors, extended: {} });
      expect(run.state.steps).toEqual({ ...steps, offer: run.state.steps.offer });
      expect(run.kernel.nextWake(run.state)).toBeUndefined();
      expect(run.state.rev).toBe(rev + 1);
    });

    it('one that overtakes the outcome of its own touch is noted, too', () => {
      const run = new Run().runTo(START + 5 * DAY - 1);
      run.tick(START + 5 * DAY);
      run.fact(START + 5 * DAY + 1, 'offer', 'accepted');
      run.command(START + 5 * DAY + 2, { name: 'exit' });
      run.outcome(START + 5 * DAY + 3, 'offer', { is: 'sent', opens: true, offer: 'extended-trial' });
      expect([run.told('offer'), run.state.extended]).toEqual(['accepted(told-after-end)', {}]);
    });
  });

  it('of unknown steps, closed steps and later than now change no step', () => {
    const run = new Run().runTo(START);
    const { steps } = run.state;
    run.fact(START, 'nope', 'accepted');
    run.fact(START, 'welcome', 'accepted');
    expect(run.state.steps).toEqual(steps);
    run.fact(START, 'quick-win', 'completed', { at: START + 99 * DAY });
    expect(run.state.steps['quick-win']).toMatchObject({ outcome: 'completed', at: START });
  });

  it('an event that does what a step was to ask for makes it needless, wherever it stands', () => {
    const table = timetableOf(
      [step('ask', 'one', due('P1D'), { kind: 'task', open: { otherwise: 'missed', clock: 'run-on' } })],
      { reactions: [{ event: 'done', completes: 'ask' }] },
    );
    const waiting = new Run(table);
    waiting.event(START, 'done');
    expect(waiting.told('ask')).toBe('skipped(already-done)');
    const open = new Run(table).runTo(START + DAY);
    open.event(START + 2 * DAY, 'done');
    expect(open.told('ask')).toBe('completed');
    const flying = new Run(table);
    flying.tick(START + DAY);
    expect(flying.event(START + DAY, 'done').effects).toEqual([{ t: 'recall', step: 'ask' }]);
    flying.outcome(START + DAY, 'ask', { is: 'recalled' });
    expect(flying.told('ask')).toBe('skipped(already-done)');
  });

  it('move an anchor to a date with a zone, or a local date; nothing else', () => {
    const run = new Run().runTo(START);
    run.event(START, 'trial_end_moved', { to: '2026-05-01' });
    expect(iso(run.state.anchors.trialEnd)).toBe('2026-04-30T22:00:00.000Z');
    for (const to of ['2026-05-01T10:00', 'soon', 5, null, '9999-01-01', '2026-13-45'])
      run.event(START, 'trial_end_moved', { to });
    expect(iso(run.state.anchors.trialEnd)).toBe('2026-04-30T22:00:00.000Z');
    run.event(START, 'trial_end_moved', { to: '2026-05-02T10:00:00+02:00' });
    expect(iso(run.state.anchors.trialEnd)).toBe('2026-05-02T08:00:00.000Z');
    expect(run.due('last-call')).toBe('2026-04-30T08:00:00.000Z');
  });

  it('built-in ones change plan and owner, and end the journey of an erased or closed account', () => {
    const run = new Run().runTo(START);
    run.event(START, 'account.plan_changed', { plan: 'pro' });
    run.event(START, 'account.owner_changed', { owner: 'anna' });
    expect([run.state.plan, run.state.owner]).toEqual(['pro', 'anna']);
    run.event(START, 'account.erased');
    expect(run.state.ended).toMatchObject({ outcome: 'account-erased', how: 'exit' });
    const closed = new Run();
    closed.event(START, 'account.closed');
    expect(closed.state.ended).toMatchObject({ outcome: 'account-closed', how: 'exit' });
  });

  it('a goal during a pause ends the journey, and the pause with it', () => {
    const run = new Run().runTo(START + DAY);
    run.command(START + DAY, { name: 'pause', until: null, clock: null });
    run.event(START + 2 * DAY, 'subscription_started');
    expect([run.state.ended!.outcome, run.state.pause]).toEqual(['converted', null]);
  });
});
