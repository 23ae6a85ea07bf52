import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldWith } from '../../../workflows/kernel/fold.ts';
import { Chaos } from './chaos.ts';
import { DAY, HOUR, Run, due, step, timetableOf } from './fixtures.ts';
import { Recorded } from './recorded.ts';
import { story } from './stories.ts';
import { timetables } from './timetables.ts';
import { UTC } from './zones.ts';

const RUNS = 200;
const TELLING = new Set(['skipped', 'dropped', 'failed', 'expired']);

describe('whatever happens in whatever order', () => {
  it('never does a step twice, never wakes in the past, goes on alike from JSON, and counts every change', () => {
    fc.assert(
      fc.property(timetables, story, (timetable, s) => {
        new Chaos(timetable).play(s);
      }),
      { numRuns: RUNS },
    );
  });

  it('always ends once resumed, with every step decided and a reason where it did not happen', () => {
    fc.assert(
      fc.property(timetables, story, (timetable, s) => {
        const c = new Chaos(timetable).play(s).finish();
        expect(c.state.ended).not.toBeNull();
        expect(c.state.pause).toBeNull();
        for (const [id, x] of Object.entries(c.state.steps)) {
          expect(x.st, id).toBe('done');
          expect(x.at, id).toBeTypeOf('number');
          if (TELLING.has(x.outcome!)) expect(x.reason, id).toBeTypeOf('string');
        }
        expect(c.run.kernel.nextWake(c.state)).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  });

  it('forecasts what then happens when nothing intervenes', () => {
    fc.assert(
      fc.property(timetables, story, (timetable, s) => {
        const c = new Chaos(timetable).play(s);
        const forecast = c.run.kernel.forecast(c.state, c.now).filter((x) => x.waitsFor === undefined);
        c.run.log = [];
        c.finish();
        const happened = c.run.log.flatMap((x) => (x.effect.t === 'touch' ? [{ step: x.effect.step, at: x.at }] : []));
        const plain = (xs: { step: string; at: number }[]) => xs.map((x) => `${x.at} ${x.step}`).sort();
        expect(plain(forecast)).toEqual(plain(happened));
      }),
      { numRuns: RUNS },
    );
  });
});

describe('a snapshot', () => {
  it('folded with what was recorded since is the state of a run that woke in time', () => {
    fc.assert(
      fc.property(timetables, story, (timetable, s) => {
        const c = new Recorded(timetable);
        for (const { gap, action } of s) {
          c.live(gap, action);
          const folded = foldWith(c.kernel, c.snapshot, c.since, c.now);
          expect(folded.state).toEqual(c.state);
          expect(folded.kernel.timetable).toEqual(c.run.timetable);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe('pausing and resuming with freeze', () => {
  it('keeps what was left of every wait of any timetable after whatever happened', () => {
    fc.assert(
      fc.property(timetables, story, fc.integer({ min: 1, max: 20 * DAY }), (timetable, s, rest) => {
        const c = new Chaos(timetable).play(s);
        if (c.state.ended || c.state.pause) return;
        const [from, before] = [c.now, c.state.steps];
        c.input({ t: 'command', now: from, command: { id: 'pause', name: 'pause', until: null, clock: null } });
        c.pass(rest, false);
        if (c.state.ended) return;
        c.input({ t: 'command', now: c.now, command: { id: 'resume', name: 'resume' } });
        for (const { id, clock, class: kind, due } of timetable.steps) {
          const [x, y] = [before[id]!, c.state.steps[id]!];
          const waits = x.st === 'waiting' && x.base! > from && x.hold === undefined && due.adjust !== 'preceding';
          if (!waits || clock !== 'freeze' || kind === 'legal') continue;
          if (y.st === 'done') expect(['past-stage-end', 'not-needed', 'already-done'], id).toContain(y.reason);
          else expect(y.base! - c.now, id).toBe(x.base! - from);
        }
      }),
      { numRuns: RUNS },
    );
  });

  const waits = fc.uniqueArray(fc.integer({ min: 1, max: 30 * DAY }), { minLength: 1, maxLength: 8 });
  const pauses = fc.array(
    fc.record({ run: fc.integer({ min: 0, max: 6 * DAY }), rest: fc.integer({ min: 1, max: 20 * DAY }) }),
    { maxLength: 8 },
  );

  it('keeps every remaining wait to the millisecond at any instants', () => {
    fc.assert(
      fc.property(waits, pauses, fc.boolean(), (lengths, breaks, inWindow) => {
        const window = inWindow ? { window: { from: 9 * 60, to: 17 * 60 } } : {};
        const steps = lengths.map((ms, i) =>
          step(`s${i}`, 'one', { from: 'start', offset: { months: 0, days: 0, ms }, ...window }),
        );
        const run = new Run(timetableOf(steps), { zone: UTC });
        let now = run.now;
        let rested = 0;
        for (const { run: ms, rest } of breaks) {
          run.runTo(now + ms - 1);
          now += ms;
          const left = remaining(run, now);
          if (run.command(now, { name: 'pause', until: null, clock: null }).refused) break;
          run.answer();
          now += rest;
          rested += rest;
          run.command(now, { name: 'resume' });
          for (const [id, ms2] of left) {
            if (ms2 > 0) expect(run.state.steps[id]!.base! - now, id).toBe(ms2);
          }
          if (!inWindow) continue;
          for (const [id] of left) expect(run.state.steps[id]!.due!).toBeGreaterThanOrEqual(run.state.steps[id]!.base!);
        }
        run.runTo(now + 60 * DAY);
        if (inWindow) return;
        for (const [i, ms] of lengths.entries()) {
          const started = run.log.find((x) => x.effect.t === 'touch' && x.effect.step === `s${i}`)!.at;
          const before = breaks.reduce(
            (sum, b, k) => sum + (restStart(breaks, k) <= run.state.startedAt - run.state.startedAt + ms ? b.rest : 0),
            0,
          );
          expect(started - run.state.startedAt).toBe(ms + Math.min(before, rested));
        }
      }),
      { numRuns: RUNS },
    );
  });

  const restStart = (breaks: { run: number }[], k: number) => breaks.slice(0, k + 1).reduce((sum, b) => sum + b.run, 0);
  const remaining = (run: Run, now: number) =>
    Object.entries(run.state.steps).flatMap(([id, x]) => (x.st === 'waiting' ? [[id, x.base! - now] as const] : []));

  it('leaves dates bound to the calendar where they were', () => {
    const run = new Run(timetableOf([step('dated', 'one', due('P3D'), { clock: 'absolute' })]), { zone: UTC });
    run.command(run.now + HOUR, { name: 'pause', until: null, clock: 'freeze' });
    run.command(run.now + DAY, { name: 'resume' });
    expect(run.state.steps.dated!.due).toBe(run.state.startedAt + 3 * DAY);
  });
});
