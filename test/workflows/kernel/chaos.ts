import fc from 'fast-check';
import { expect } from 'vitest';
import type { Command, Refusal } from '../../../workflows/contracts/commands.ts';
import type { DeliverOutcome, Happening, Input, State } from '../../../workflows/contracts/journey.ts';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import type { Due, Timetable } from '../../../workflows/contracts/timetable.ts';
import { undisturbed } from '../../../workflows/kernel/forecast.ts';
import { DAY, HOUR, Run, due, step, timetableOf, trial } from './fixtures.ts';
import { UTC, zoneOf } from './zones.ts';

const monFri = { from: 8 * 60, to: 17 * 60, weekdays: [1, 2, 3, 4, 5] };

/** A timetable that uses every feature at once. */
export const thicket: Timetable = timetableOf(
  [
    step('hello', 'a', due('PT0S')),
    step('legal', 'a', due('P1D'), { class: 'legal' }),
    step('survey', 'a', due('P1D', 'stage', { window: monFri }), {
      kind: 'task',
      open: {
        expires: due('P2D', 'step:survey'),
        otherwise: 'missed',
        clock: 'freeze',
        escalations: [
          { after: parseDuration('PT6H'), level: 1 },
          { after: parseDuration('-PT6H'), level: 2 },
        ],
      },
    }),
    step('nudge', 'a', due('P1D', 'step:survey'), { after: ['sent'], late: { within: HOUR, otherwise: 'replan' } }),
    step('sorry', 'b', due('PT30M', 'step:survey'), { after: ['missed'] }),
    step('daily', 'b', due('PT12H', 'stage', { at: 9 * 60 }), {
      repeat: { every: parseDuration('P2D'), until: 'goLive', max: 6 },
      late: { within: 2 * HOUR, otherwise: 'replan' },
    }),
    step('gated', 'b', due('P3D', 'start', { adjust: 'following' }), {
      gate: { flag: 'ready', until: due('P6D'), reason: 'never-ready' },
      clock: 'run-on',
    }),
    step('dated', 'b', due('-P1D', 'goLive', { at: 540 }), {
      clock: 'absolute',
      late: { within: HOUR, otherwise: 'replan' },
    }),
    step('pro-only', 'b', due('P4D'), { plans: ['pro'] }),
    step('list', 'c', due('PT0S', 'stage'), {
      kind: 'checklist',
      open: { otherwise: 'expired', clock: 'run-on', items: ['x', 'y'], expires: due('P3D', 'step:list') },
    }),
    step('check', 'c', due('P2D', 'stage', { businessDays: 2 }), { kind: 'check' }),
    step('praise', 'c', due('PT1H', 'step:check'), { after: ['met'] }),
    step('last', 'c', due('P1M', 'start', { window: monFri }), {
      kind: 'offer',
      open: { expires: due('P3D', 'step:last'), otherwise: 'expired', clock: 'run-on' },
      late: { within: 0, otherwise: 'skip' },
    }),
  ],
  {
    stages: [
      { id: 'a', title: 'a', enter: 'journey' },
      { id: 'b', title: 'b', enter: 'previous', end: due('P8D', 'goLive') },
      { id: 'c', title: 'c', enter: 'previous' },
    ],
    anchors: {
      goLive: { from: 'start', offset: parseDuration('P10D') },
      review: { from: 'goLive', offset: parseDuration('P5D') },
    },
    extend: { anchor: 'goLive', max: 20 * DAY },
    moves: 'goLive',
    minGap: 4 * HOUR,
    maxAge: 90 * DAY,
    listens: { ready: [], won: [], moved: ['to'] },
    reactions: [
      { event: 'ready', set: 'ready' },
      { event: 'unready', clear: 'ready' },
      { event: 'listed', item: 'list/x' },
      { event: 'surveyed', completes: 'survey' },
      { event: 'moved', move: { anchor: 'goLive', field: 'to' } },
    ],
    kind: 'trial',
    offers: { more: { extendsBy: 5 * DAY } },
  },
);

export type Action =
  | { do: 'wait' }
  | { do: 'command'; name: Command['name']; step: number; days: number; id: number; stale: boolean }
  | { do: 'answer'; step: number; how: number; hold: number }
  | { do: 'event'; type: string; days: number; id: number; zone: boolean }
  | {
      do: 'fact';
      step: number;
      what: 'accepted' | 'declined' | 'completed' | 'answered' | 'missed';
      item: boolean;
      ago: number;
      id: number;
    }
  | { do: 'release'; hold: number; id: number };

const names: Command['name'][] = [
  'pause',
  'pause',
  'resume',
  'resume',
  'skip',
  'run-now',
  'postpone',
  'extend',
  'move-date',
  'change-plan',
  'set-owner',
  'note',
  'exit',
];
const eventTypes = [
  'user_logged_in',
  'first_conversation',
  'item_done',
  'trial_end_moved',
  'ready',
  'unready',
  'listed',
  'surveyed',
  'moved',
  'account.zone_changed',
  'account.plan_changed',
  'nonsense',
  'subscription_started',
];

const small = fc.integer({ min: 0, max: 15 });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Action>({ do: 'wait' }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('command' as const),
      name: fc.constantFrom(...names),
      step: small,
      days: fc.integer({ min: -3, max: 400 }),
      id: fc.integer({ min: 0, max: 60 }),
      stale: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      step: small,
      how: fc.integer({ min: 0, max: 9 }),
      hold: fc.integer({ min: 0, max: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('event' as const),
      type: fc.constantFrom(...eventTypes),
      days: fc.integer({ min: -5, max: 40 }),
      id: fc.integer({ min: 0, max: 40 }),
      zone: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fact' as const),
      step: small,
      what: fc.constantFrom('accepted', 'declined', 'completed', 'answered', 'missed'),
      item: fc.boolean(),
      ago: fc.integer({ min: 0, max: 5 * DAY }),
      id: fc.integer({ min: 100, max: 140 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('release' as const),
      hold: fc.integer({ min: 0, max: 2 }),
      id: fc.integer({ min: 200, max: 220 }),
    }),
  },
);

const gap = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: HOUR }),
  fc.integer({ min: HOUR, max: 2 * DAY }),
  fc.integer({ min: DAY, max: 9 * DAY }),
);

/** Anything that may befall a journey: gaps of time and what comes after each; `late` leaves the wake-ups in a gap unheard. */
export const story = fc.array(fc.record({ gap, late: fc.boolean(), action }), { maxLength: 45 });
export type Story = { gap: number; late: boolean; action: Action }[];

const length = fc.constantFrom('PT0S', 'PT1H', 'P1D', 'P3D', '-P1D', 'P1M');
const chance = <T>(x: fc.Arbitrary<T>) => fc.option(x, { nil: undefined, freq: 3 });
const closing: fc.Arbitrary<string[]> = fc.constantFrom<string[][]>(
  ['sent'],
  ['accepted'],
  ['expired', 'missed'],
  ['sent', 'accepted'],
  ['skipped', 'dropped', 'met'],
);

const anyStep = fc.record({
  stage: fc.constantFrom('one', 'two'),
  from: fc.constantFrom('start', 'stage', 'to', 'step'),
  after: length,
  closing,
  window: chance(fc.constant<Due['window']>({ from: 540, to: 1020, weekdays: [1, 2, 3, 4, 5] })),
  at: chance(fc.constant(150)),
  adjust: chance(fc.constantFrom('following' as const, 'preceding' as const)),
  clock: fc.constantFrom('freeze' as const, 'run-on' as const, 'absolute' as const),
  late: fc.record({
    within: fc.constantFrom(0, HOUR, 5 * DAY),
    otherwise: fc.constantFrom('skip' as const, 'replan' as const),
  }),
  kind: fc.constantFrom('message' as const, 'offer' as const, 'task' as const, 'check' as const),
  legal: fc.boolean(),
  opens: fc.boolean(),
  openClock: fc.constantFrom('freeze' as const, 'run-on' as const),
  repeats: fc.boolean(),
  gated: fc.boolean(),
});

const anyTimetable = fc
  .record({
    steps: fc.array(anyStep, { minLength: 1, maxLength: 7 }),
    stageEnd: chance(length),
    end: fc.boolean(),
    gap: fc.constantFrom(0, HOUR, DAY),
  })
  .map(({ steps, stageEnd, end, gap: minGap }) =>
    timetableOf(
      steps.map((x, i) => {
        const follows = x.from === 'step' && i > 0;
        const from = follows ? `step:s${i - 1}` : x.from === 'step' ? 'start' : x.from;
        const more = {
          ...(x.window && { window: x.window }),
          ...(x.at && { at: x.at }),
          ...(x.adjust && { adjust: x.adjust }),
        };
        return step(`s${i}`, x.stage, due(x.after, from, more), {
          kind: x.kind,
          clock: x.clock,
          late: x.late,
          class: x.legal ? 'legal' : 'marketing',
          ...(follows && { after: x.closing }),
          ...(x.opens &&
            x.kind !== 'check' && {
              open: { expires: due('P2D', `step:s${i}`), otherwise: 'missed', clock: x.openClock },
            }),
          ...(x.repeats && !follows && { repeat: { every: parseDuration('P2D'), until: 'to', max: 5 } }),
          ...(x.gated && { gate: { flag: 'ready', until: due('P6D'), reason: 'never-ready' } }),
        });
      }),
      {
        kind: 'trial',
        stages: [
          { id: 'one', title: 'one', enter: 'journey', ...(stageEnd && { end: due(stageEnd, 'to') }) },
          { id: 'two', title: 'two', enter: 'previous' },
        ],
        anchors: { to: { from: 'start', offset: parseDuration('P8D') } },
        ...(end && { end: { at: due('PT0S', 'to'), outcomes: [{ outcome: 'over' }] } }),
        extend: { anchor: 'to', max: 30 * DAY },
        moves: 'to',
        maxAge: 90 * DAY,
        minGap,
        reactions: [
          { event: 'ready', set: 'ready' },
          { event: 'unready', clear: 'ready' },
          { event: 'listed', completes: 's1' },
          { event: 'moved', move: { anchor: 'to', field: 'to' } },
        ],
        offers: { more: { extendsBy: 5 * DAY } },
      },
    ),
  );

export const timetables: fc.Arbitrary<Timetable> = fc.oneof(fc.constantFrom(trial, thicket), anyTimetable);

/** A refusal's nearest command as a run would get it. */
export function toCommand(nearest: NonNullable<Refusal['nearest']>, id: string): Command {
  const { command: name, ...rest } = nearest;
  const args: Record<string, unknown> = { ...rest };
  for (const key of ['to', 'until', 'date'])
    if (typeof args[key] === 'string') args[key] = new Date(args[key]).getTime();
  if (typeof args.duration === 'string') {
    const o = parseDuration(args.duration);
    args.by = o.days * DAY + o.ms;
    delete args.duration;
  }
  if (name === 'pause') Object.assign(args, { until: args.until ?? null, clock: args.clock ?? null });
  return { id, name, ...args } as unknown as Command;
}

const RETRY = new Set(['recalled', 'held', 'stale']);

/** A journey in a hostile world, checking after every input what must always hold. */
export class Chaos {
  readonly run: Run;
  readonly inFlight = new Map<string, number>();
  readonly lastAnswer = new Map<string, string>();
  now: number;

  constructor(timetable: Timetable) {
    this.run = new Run(timetable);
    this.now = this.run.state.startedAt;
    this.input({ t: 'tick', now: this.now });
  }

  get state(): State {
    return this.run.state;
  }

  input(input: Input): void {
    const before = this.state;
    const frozen = JSON.stringify(before);
    const wasPaused = before.pause !== null;
    const twin = this.run.kernel.advance(JSON.parse(frozen) as State, input);
    const r = this.run.input(input);
    expect(JSON.stringify(before), 'an input state is never mutated').toBe(frozen);
    expect({ ...twin, state: JSON.stringify(twin.state) }, 'a state from JSON goes on alike').toEqual({
      ...r,
      state: JSON.stringify(r.state),
    });
    if (JSON.stringify(r.state) !== frozen) expect(r.state.rev).toBe(before.rev + 1);
    else expect(r.effects).toEqual([]);
    expect(Object.keys(r.state.answered).length).toBeLessThanOrEqual(256);
    expect(r.state.seen.length).toBeLessThanOrEqual(256);
    if (r.refused?.nearest) {
      const no = this.run.kernel.refuse(
        r.state,
        toCommand(r.refused.nearest, `n${r.state.rev}-${input.now}`),
        input.now,
      );
      expect(no, `nearest of ${r.refused.code} is accepted: ${JSON.stringify(r.refused.nearest)}`).toBeUndefined();
    }
    for (const e of r.effects) {
      if (e.t !== 'touch') continue;
      const key = `${e.step}#${e.n}`;
      expect(this.inFlight.has(key), `${key} is on its way already`).toBe(false);
      const last = this.lastAnswer.get(key);
      if (last !== undefined) expect(RETRY, `${key} was answered ${last}`).toContain(last);
      if (wasPaused && r.state.pause)
        expect(this.run.timetable.steps.find((x) => x.id === e.step)!.class).toBe('legal');
      this.inFlight.set(key, e.n);
    }
    const wake = this.run.kernel.nextWake(r.state);
    if (wake !== undefined && input.t === 'tick') expect(wake, 'the next wake lies ahead').toBeGreaterThan(input.now);
  }

  answer(key: string, outcome: DeliverOutcome): void {
    const n = this.inFlight.get(key)!;
    this.inFlight.delete(key);
    this.lastAnswer.set(key, outcome.is);
    const input: Input = { t: 'outcome', now: this.now, step: key.split('#')[0]!, n, outcome };
    this.input(input);
    if (this.inFlight.has(key)) return;
    const { state } = this;
    this.input(input);
    expect(this.state, 'an outcome told twice counts once').toBe(state);
  }

  /** Lets time pass; unless `late`, every wake-up is heard in its time. */
  pass(ms: number, late: boolean): void {
    const until = this.now + ms;
    if (!late) {
      for (let i = 0; i < 3000; i++) {
        const wake = this.run.kernel.nextWake(this.state);
        if (wake === undefined || wake > until) break;
        this.now = Math.max(this.now, wake);
        this.input({ t: 'tick', now: this.now });
      }
    }
    this.now = until;
    if (late) this.input({ t: 'tick', now: this.now });
  }

  play(s: Story): this {
    for (const { gap: ms, late, action: a } of s) {
      this.pass(ms, late);
      this.act(a);
    }
    return this;
  }

  private act(a: Action): void {
    const { now } = this;
    const { steps } = this.run.timetable;
    const id = (i: number) => steps[i % steps.length]!.id;
    if (a.do === 'command') this.input({ t: 'command', now, command: this.commandOf(a, id(a.step)) });
    else if (a.do === 'answer') {
      const key = [...this.inFlight.keys()][a.step % Math.max(1, this.inFlight.size)];
      if (key !== undefined) this.answer(key, this.outcomeOf(a, key));
    } else if (a.do === 'event') {
      const happening: Happening = {
        t: 'event',
        id: `e${a.id}`,
        type: a.type,
        at: now,
        fields: {
          to: new Date(now + a.days * DAY).toISOString(),
          item: a.days % 2 ? 'contacts' : 'widget',
          plan: 'pro',
        },
      };
      if (a.zone) happening.zone = a.days % 2 ? zoneOf('America/New_York') : UTC;
      this.input({ t: 'happening', now, happening });
    } else if (a.do === 'fact') {
      const item = a.item ? { item: a.ago % 2 ? 'x' : 'y' } : {};
      this.input({
        t: 'happening',
        now,
        happening: { t: 'fact', id: `f${a.id}`, step: id(a.step), what: a.what, at: now - a.ago, ...item },
      });
    } else if (a.do === 'release')
      this.input({ t: 'happening', now, happening: { t: 'released', id: `r${a.id}`, hold: `h${a.hold}`, at: now } });
  }

  private outcomeOf(a: { how: number; hold: number }, key: string): DeliverOutcome {
    const s = this.run.timetable.steps.find((x) => x.id === key.split('#')[0])!;
    if (a.how === 0) return { is: 'recalled' };
    if (a.how === 1) return { is: 'stale' };
    if (a.how === 2) return { is: 'failed', reason: 'refused' };
    if (a.how === 3) return { is: 'skipped', reason: 'no-contact' };
    if (a.how <= 5) return { is: 'held', hold: `h${a.hold}`, recheck: this.now + a.how * 5 * HOUR, reason: 'hold' };
    return s.kind === 'check'
      ? { is: a.how % 2 ? 'met' : 'missed' }
      : { is: 'sent', opens: s.open !== undefined, ...(s.kind === 'offer' ? { offer: 'more' } : {}) };
  }

  private commandOf(a: Extract<Action, { do: 'command' }>, id: string): Command {
    const base = { id: `c${a.id}`, ...(a.stale ? { ifRev: this.state.rev - (a.days % 2) } : {}) };
    const when = this.now + a.days * DAY;
    switch (a.name) {
      case 'pause':
        return {
          ...base,
          name: 'pause',
          until: a.days % 3 ? null : when,
          clock: ([null, 'freeze', 'run-on', 'absolute'] as const)[Math.abs(a.days) % 4]!,
        };
      case 'skip':
      case 'run-now':
        return { ...base, name: a.name, step: id };
      case 'postpone':
        return { ...base, name: 'postpone', step: id, to: this.now + Math.round((a.days * DAY) / 20) };
      case 'extend':
        return {
          ...base,
          name: 'extend',
          by: (a.days * DAY) / 4,
          ...(a.step % 3 ? {} : { stage: ['day6', 'b', 'nowhere'][a.step % 2]! }),
        };
      case 'move-date':
        return {
          ...base,
          name: 'move-date',
          date: when,
          ...(a.step % 4 ? {} : { anchor: ['trialEnd', 'review', 'goLive'][a.step % 3]! }),
        };
      case 'change-plan':
        return { ...base, name: 'change-plan', plan: a.days % 2 ? 'pro' : 'starter' };
      case 'set-owner':
        return { ...base, name: 'set-owner', owner: `o${a.days % 3}` };
      default:
        return { ...base, name: a.name };
    }
  }

  /** What is on its way, in the order of a forecast: the timetable's. */
  private inOrder(): void {
    const place = (key: string) => this.run.timetable.steps.findIndex((x) => x.id === key.split('#')[0]);
    const sorted = [...this.inFlight].sort(([a], [b]) => place(a) - place(b));
    this.inFlight.clear();
    for (const [key, n] of sorted) this.inFlight.set(key, n);
  }

  private next(): string | undefined {
    return this.inFlight.keys().next().value;
  }

  /** Leaves the journey alone, resumed, until it ends; every touch is answered at once, in the order of starting. */
  finish(): this {
    this.inOrder();
    if (this.state.pause?.until === null)
      this.input({ t: 'command', now: this.now, command: { id: `resume-${this.now}`, name: 'resume' } });
    for (let i = 0; i < 3000; i++) {
      for (let key = this.next(); key !== undefined; key = this.next())
        this.answer(key, undisturbed(this.run.timetable.steps.find((x) => x.id === key!.split('#')[0])!));
      if (this.state.ended && this.inFlight.size === 0) break;
      const wake = this.run.kernel.nextWake(this.state);
      if (wake === undefined && this.inFlight.size === 0) break;
      this.now = Math.max(this.now, wake ?? this.now);
      this.input({ t: 'tick', now: this.now });
    }
    return this;
  }
}
