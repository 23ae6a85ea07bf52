import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timetable, TimetableStep } from '../../../workflows/contracts/timetable.ts';
import { foldWith } from '../../../workflows/kernel/fold.ts';
import { Chaos } from './chaos.ts';
import { DAY, HOUR, Run, due, seed, step, timetableOf } from './fixtures.ts';
import { Recorded } from './recorded.ts';
import { evolved, story } from './stories.ts';
import { timetables } from './timetables.ts';
import { UTC } from './zones.ts';

const RUNS = 200;
const FEWER = 60;
const clock = fc.constantFrom('run-on' as const, 'absolute' as const);
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

describe('going over', () => {
  const over = (c: Chaos, timetable: Timetable) => {
    const program = (c.state.program ?? 0) + 1;
    const happening = { t: 'migrated', id: `m${program}`, program, timetable, anchors: {}, at: c.now } as const;
    c.input({ t: 'happening', now: c.now, happening });
  };

  it('to the same timetable changes nothing', () => {
    fc.assert(
      fc.property(timetables, story, (timetable, s) => {
        const c = new Chaos(timetable).play(s);
        const { rev, seen, program: _, ...before } = c.state;
        // A date that is bound to the calendar outlives a change of zone, but no new reckoning.
        if (before.zone.id !== seed().zone.id) return;
        over(c, { ...c.run.timetable });
        const { rev: after, seen: heard, program: __, ...state } = c.state;
        expect(state).toEqual(before);
        expect([after, heard]).toEqual([rev + 1, [...seen, expect.any(String)].slice(-256)]);
      }),
      { numRuns: FEWER },
    );
  });

  it('and back again leaves what was decided as it was, and tells nobody twice', () => {
    fc.assert(
      fc.property(timetables, story, fc.integer({ min: 1, max: 40 }), (timetable, s, by) => {
        const c = new Chaos(timetable).play(s);
        const { timetable: home } = c.run;
        const before = c.state.steps;
        over(c, evolved(home, by));
        over(c, { ...home, version: home.version + 2 });
        c.run.log = [];
        const again = (x: TimetableStep) =>
          x.repeat ?? x.rearm ?? x.notice ?? (x.kind === 'checklist' ? true : undefined);
        const once = home.steps.filter((x) => again(x) === undefined).map((x) => x.id);
        for (const id of once) {
          const { from: _, ...was } = before[id]!;
          if (was.st === 'done') expect(c.state.steps[id], id).toMatchObject(was);
        }
        c.finish();
        const told = once.filter((id) => before[id]!.since !== undefined || before[id]!.outcome === 'sent');
        const twice = c.run.log.filter(({ effect: e }) => e.t === 'touch' && told.includes(e.step));
        expect(twice).toEqual([]);
      }),
      { numRuns: FEWER },
    );
  });
});

describe('pausing and resuming', () => {
  it('moves no date of a wait whose clock runs on or is bound to the calendar', () => {
    fc.assert(
      fc.property(timetables, story, fc.integer({ min: 1, max: 20 * DAY }), clock, (timetable, s, rest, rule) => {
        const c = new Chaos(timetable).play(s);
        if (c.state.ended || c.state.pause) return;
        const before = c.state.steps;
        c.input({ t: 'command', now: c.now, command: { id: 'pause', name: 'pause', until: null, clock: rule } });
        c.now += rest;
        c.input({ t: 'command', now: c.now, command: { id: 'resume', name: 'resume' } });
        for (const step of c.run.timetable.steps) {
          const [x, y] = [before[step.id]!, c.state.steps[step.id]!];
          const frozen = (step.kind === 'milestone' || step.clock === 'absolute' ? step.clock : rule) === 'freeze';
          if (frozen || x.st !== 'waiting' || y.st !== 'waiting' || x.due! <= c.now) continue;
          expect(y.base, step.id).toBe(x.base);
        }
      }),
      { numRuns: FEWER },
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
