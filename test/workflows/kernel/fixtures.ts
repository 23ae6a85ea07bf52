import type { Command } from '../../../workflows/contracts/commands.ts';
import type {
  Advanced,
  DeliverOutcome,
  Effect,
  FactKind,
  Happening,
  Input,
  State,
} from '../../../workflows/contracts/journey.ts';
import { DAY_MS, parseDuration } from '../../../workflows/contracts/time.ts';
import type { Due, Timetable, TimetableStep } from '../../../workflows/contracts/timetable.ts';
import { createKernel } from '../../../workflows/kernel/create-kernel.ts';
import type { Kernel, Seed } from '../../../workflows/kernel/kernel.ts';
import { rulesOf } from '../../../workflows/rules/rules-of.ts';
import { zoneOf } from './zones.ts';

export const HOUR = 3_600_000;
export const DAY = DAY_MS;
export const at = (text: string): number => {
  const t = new Date(text).getTime();
  if (!Number.isFinite(t)) throw new Error(`no such instant: ${text}`);
  return t;
};
export const iso = (t: number | undefined): string | undefined =>
  t === undefined ? undefined : new Date(t).toISOString();

/** A due so long after an anchor. */
export const due = (after: string, from = 'start', more: Partial<Due> = {}): Due => ({
  from,
  offset: parseDuration(after),
  ...more,
});

/** A step with everyday policies. */
export const step = (id: string, stage: string, when: Due, more: Partial<TimetableStep> = {}): TimetableStep => ({
  id,
  stage,
  kind: 'message',
  title: id,
  due: when,
  channel: 'email',
  class: 'marketing',
  templates: [id],
  clock: 'freeze',
  late: { within: DAY, otherwise: 'skip' },
  ...more,
});

const EMPTY: Timetable = {
  playbook: '999.test',
  version: 1,
  kind: 'test',
  stages: [{ id: 'one', title: 'one', enter: 'journey' }],
  steps: [],
  anchors: {},
  minGap: 0,
  maxAge: 400 * DAY,
  calendar: { weekend: [6, 7], holidays: [] },
  listens: {},
  reactions: [],
  offers: {},
};

/** A timetable of one stage with these steps. */
export const timetableOf = (steps: TimetableStep[], more: Partial<Timetable> = {}): Timetable => ({
  ...EMPTY,
  steps,
  ...more,
});

const NINE_TO_SIX = { from: 9 * 60, to: 18 * 60 };

/** The trial of fourteen days, as its playbook compiles. */
export const trial: Timetable = {
  ...EMPTY,
  playbook: '002.trial',
  kind: 'trial',
  minGap: HOUR,
  stages: [
    { id: 'day1', title: 'Day 1', enter: 'journey' },
    { id: 'day3', title: 'Day 3', enter: 'journey', end: due('P6D') },
    { id: 'day6', title: 'Day 6', enter: 'journey', end: due('PT0S', 'trialEnd') },
    { id: 'end', title: 'End', enter: 'journey' },
  ],
  anchors: { trialEnd: { from: 'start', offset: parseDuration('P14D') } },
  extend: { anchor: 'trialEnd', max: 90 * DAY },
  moves: 'trialEnd',
  end: { at: due('PT0S', 'trialEnd'), outcomes: [{ flag: 'converted', outcome: 'converted' }, { outcome: 'expired' }] },
  listens: {
    user_logged_in: [],
    first_conversation: [],
    subscription_started: [],
    trial_cancelled: [],
    item_done: ['item'],
  },
  reactions: [
    { event: 'user_logged_in', set: 'loggedIn' },
    { event: 'first_conversation', set: 'firstConversation' },
    { event: 'item_done', where: { item: 'contacts' }, item: 'quick-win/contacts' },
    { event: 'item_done', where: { item: 'widget' }, item: 'quick-win/widget' },
    { event: 'subscription_started', set: 'converted', end: { how: 'goal', outcome: 'converted' } },
    { event: 'trial_cancelled', end: { how: 'exit', outcome: 'cancelled' } },
    { event: 'trial_end_moved', move: { anchor: 'trialEnd', field: 'to' } },
  ],
  offers: { 'extended-trial': { extendsBy: 14 * DAY }, 'first-month': { converts: true } },
  steps: [
    step('welcome', 'day1', due('PT0S'), { class: 'service' }),
    step('sms', 'day1', due('PT2H'), { channel: 'sms', late: { within: 6 * HOUR, otherwise: 'skip' } }),
    step('tutorial', 'day1', due('PT4H'), {
      channel: 'in-app',
      unless: [{ flag: 'firstConversation', reason: 'already-done' }],
    }),
    step('activation', 'day1', due('PT24H'), { kind: 'check', clock: 'run-on' }),
    step('quick-win', 'day1', due('PT0S'), {
      kind: 'checklist',
      open: { expires: due('PT0S', 'trialEnd'), otherwise: 'missed', clock: 'run-on', items: ['contacts', 'widget'] },
    }),
    step('check-in', 'day3', due('P2D', 'start', { window: NINE_TO_SIX }), {
      gate: { flag: 'loggedIn', until: due('P5D'), reason: 'never-logged-in' },
      late: { within: 12 * HOUR, otherwise: 'replan' },
    }),
    step('offer', 'day6', due('P5D', 'start', { window: NINE_TO_SIX }), {
      kind: 'offer',
      unless: [{ flag: 'converted', reason: 'converted' }],
      late: { within: 2 * DAY, otherwise: 'replan' },
      open: {
        expires: due('PT0S', 'trialEnd'),
        otherwise: 'expired',
        clock: 'run-on',
        escalations: [{ after: parseDuration('P3D'), level: 1 }],
      },
    }),
    step('banner', 'day6', due('P5D', 'start', { window: NINE_TO_SIX }), { channel: 'in-app' }),
    step('reminder', 'day6', due('P3D', 'step:offer'), { after: ['sent'] }),
    step('thanks', 'day6', due('PT1H', 'step:offer'), { after: ['accepted'] }),
    step('weekly', 'end', due('P7D'), {
      kind: 'task',
      repeat: { every: parseDuration('P7D'), until: 'trialEnd' },
      clock: 'run-on',
    }),
    step('last-call', 'end', due('-P2D', 'trialEnd'), { clock: 'absolute' }),
    step('notice', 'end', due('PT0S', 'trialEnd'), { class: 'legal' }),
  ],
};

export const START = at('2026-03-23T10:00:00Z');

export const seed = (more: Partial<Seed> = {}): Seed => ({
  startedAt: START,
  zone: zoneOf('Europe/Berlin'),
  plan: 'starter',
  owner: null,
  flags: {},
  ...more,
});

export const kernelOf = (timetable: Timetable): Kernel => createKernel(timetable, rulesOf(timetable.kind));

type CommandText = Command extends infer C ? (C extends Command ? Omit<C, 'id'> & { id?: string } : never) : never;

/** A journey under test: keeps state, effects and every input's answer. */
export class Run {
  kernel: Kernel;
  state: State;
  now: number;
  log: { at: number; effect: Effect }[] = [];
  private ids = 0;

  constructor(timetable: Timetable = trial, more: Partial<Seed> = {}) {
    this.kernel = kernelOf(timetable);
    this.state = this.kernel.begin(seed(more));
    this.now = this.state.startedAt;
  }

  input(input: Input): Advanced {
    this.now = Math.max(this.now, input.now);
    const r = this.kernel.advance(this.state, input);
    this.state = r.state;
    if (r.timetable) this.kernel = this.kernel.on(r.timetable);
    for (const effect of r.effects) this.log.push({ at: input.now, effect });
    return r;
  }

  get timetable(): Timetable {
    return this.kernel.timetable;
  }

  tick(now: number): Effect[] {
    return this.input({ t: 'tick', now }).effects;
  }

  command(now: number, command: CommandText): Advanced {
    return this.input({ t: 'command', now, command: { id: `c${++this.ids}`, ...command } as Command });
  }

  outcome(now: number, id: string, outcome: DeliverOutcome): Advanced {
    return this.input({ t: 'outcome', now, step: id, n: this.state.steps[id]!.n, outcome });
  }

  event(now: number, type: string, fields: Record<string, string | number | boolean | null> = {}): Advanced {
    return this.happens({ t: 'event', id: `e${++this.ids}`, type, at: now, fields }, now);
  }

  fact(now: number, id: string, what: FactKind, more: { item?: string; at?: number } = {}): Advanced {
    return this.happens({ t: 'fact', id: `f${++this.ids}`, step: id, what, at: now, ...more }, now);
  }

  happens(happening: Happening, now: number): Advanced {
    return this.input({ t: 'happening', now, happening });
  }

  /** Runs on to an instant, every touch answered at once: sent (opened where it can), a check met. */
  runTo(until: number): this {
    this.tick(Math.min(this.now, until));
    this.answer();
    for (
      let wake = this.kernel.nextWake(this.state);
      wake !== undefined && wake <= until;
      wake = this.kernel.nextWake(this.state)
    ) {
      this.tick(Math.max(wake, this.now));
      this.answer();
    }
    this.now = Math.max(this.now, until);
    return this;
  }

  /** Answers everything that is on its way. */
  answer(): void {
    for (const s of this.timetable.steps) {
      if (this.state.steps[s.id]!.st !== 'sending') continue;
      this.outcome(
        this.now,
        s.id,
        s.kind === 'check' ? { is: 'met' } : { is: 'sent', ...(s.open ? { opens: true } : {}) },
      );
    }
    if (this.timetable.steps.some((s) => this.state.steps[s.id]!.st === 'sending')) this.answer();
  }

  /** `outcome(reason)` of a decided step, else its status. */
  told(id: string): string {
    const x = this.state.steps[id]!;
    if (x.st !== 'done') return x.st;
    return x.reason ? `${x.outcome}(${x.reason})` : x.outcome!;
  }

  due(id: string): string | undefined {
    return iso(this.state.steps[id]!.due);
  }

  touches(): string[] {
    return this.log.flatMap((x) => (x.effect.t === 'touch' ? [`${x.effect.step} ${iso(x.at)}`] : []));
  }
}
