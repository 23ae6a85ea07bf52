import { expect } from 'vitest';
import type { Command } from '../../../workflows/contracts/commands.ts';
import type { DeliverOutcome, Happening, Input, State } from '../../../workflows/contracts/journey.ts';
import type { Timetable } from '../../../workflows/contracts/timetable.ts';
import { undisturbed } from '../../../workflows/kernel/forecast.ts';
import { DAY, HOUR, Run } from './fixtures.ts';
import { Laws } from './laws.ts';
import { commandOf, evolved } from './stories.ts';
import type { Action, Story } from './stories.ts';
import { toCommand } from './to-command.ts';
import { UTC, zoneOf } from './zones.ts';

/** Outcomes after which a touch may start again. */
export const RETRY = new Set(['recalled', 'held', 'stale']);

const fromJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** A journey in a hostile world, checking after every input what must always hold. */
export class Chaos {
  readonly run: Run;
  readonly inFlight = new Map<string, number>();
  readonly lastAnswer = new Map<string, string>();
  private readonly laws = new Laws();
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
    const { kernel } = this.run;
    const twin = kernel.on(fromJson(kernel.timetable)).advance(JSON.parse(frozen) as State, input);
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
    if (!r.refused && (input.t === 'command' || input.t === 'happening'))
      expect(this.run.kernel.advance(r.state, input), 'told twice counts once').toEqual({
        state: r.state,
        effects: [],
      });
    this.laws.check(this.run.kernel, before, r, input.now);
    if (r.refused?.nearest) {
      const id = `n${r.state.rev}-${input.now}`;
      const again = { ...(input as { command: Command }).command, id, ifRev: undefined };
      const { nearest } = r.refused;
      const next = nearest.command === 'migrate' ? again : toCommand(nearest, id);
      const no = this.run.kernel.refuse(r.state, next, input.now);
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

  act(a: Action): void {
    const { now } = this;
    const { steps } = this.run.timetable;
    const id = (i: number) => steps[i % steps.length]!.id;
    if (a.do === 'command') {
      const command = commandOf(a, id(a.step), this.state, now, this.run.timetable);
      this.input({ t: 'command', now, command });
    } else if (a.do === 'event' && a.type === 'migrated') {
      const program = (this.state.program ?? 0) + (a.days % 4 ? 1 : 0);
      const timetable = evolved(this.run.timetable, a.days);
      this.input({
        t: 'happening',
        now,
        happening: { t: 'migrated', id: `e${a.id}`, program, timetable, anchors: {}, flags: ['ready'], at: now },
      });
    } else if (a.do === 'answer') {
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
    const s = this.run.timetable.steps.find((x) => x.id === key.split('#')[0]);
    if (!s || a.how === 0) return { is: 'recalled' };
    if (a.how === 1) return { is: 'stale' };
    if (a.how === 2) return { is: 'failed', reason: 'refused' };
    if (a.how === 3) return { is: 'skipped', reason: 'no-contact' };
    if (a.how <= 5)
      return {
        is: 'held',
        hold: a.hold ? `h${a.hold}` : 'approval',
        recheck: this.now + a.how * 5 * HOUR,
        reason: 'hold',
        ...(a.how === 5 && { told: true }),
      };
    return s.kind === 'check'
      ? { is: a.how % 2 ? 'met' : 'missed' }
      : { is: 'sent', opens: s.open !== undefined, ...(s.kind === 'offer' ? { offer: 'more' } : {}) };
  }

  /** What is on its way, in the order of a forecast: the timetable's. */
  private inOrder(): void {
    const place = (key: string) => this.run.timetable.steps.findIndex((x) => x.id === key.split('#')[0]);
    const sorted = [...this.inFlight].sort(([a], [b]) => place(a) - place(b));
    this.inFlight.clear();
    for (const [key, n] of sorted) this.inFlight.set(key, n);
  }

  private undisturbed(key: string): DeliverOutcome {
    const step = this.run.timetable.steps.find((x) => x.id === key.split('#')[0]);
    return step ? undisturbed(step) : { is: 'recalled' };
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
      for (let key = this.next(); key !== undefined; key = this.next()) this.answer(key, this.undisturbed(key));
      if (this.state.ended && this.inFlight.size === 0) break;
      const wake = this.run.kernel.nextWake(this.state);
      if (wake === undefined && this.inFlight.size === 0) break;
      this.now = Math.max(this.now, wake ?? this.now);
      this.input({ t: 'tick', now: this.now });
    }
    return this;
  }
}
