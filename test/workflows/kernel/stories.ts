import fc from 'fast-check';
import type { Command } from '../../../workflows/contracts/commands.ts';
import type { FactKind, State } from '../../../workflows/contracts/journey.ts';
import type { Timetable } from '../../../workflows/contracts/timetable.ts';
import { DAY, HOUR } from './fixtures.ts';

export type Action =
  | { do: 'wait' }
  | { do: 'command'; name: Command['name']; step: number; days: number; id: number; stale: boolean }
  | { do: 'answer'; step: number; how: number; hold: number }
  | { do: 'event'; type: string; days: number; id: number; zone: boolean }
  | {
      do: 'fact';
      step: number;
      what: FactKind;
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
  'approve',
  'edit',
  'reject',
  'migrate',
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
  'again',
  'over',
  'migrated',
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
      what: fc.constantFrom<FactKind>(
        'accepted',
        'declined',
        'completed',
        'answered',
        'missed',
        'booked',
        'held',
        'no-show',
      ),
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

/** Another version of a timetable: a step less, a step more, and other dues; the same again for every seventh. */
export function evolved(timetable: Timetable, by: number): Timetable {
  if (by % 7 === 0) return timetable;
  const { steps, version } = timetable;
  const gone = Math.abs(by) % steps.length;
  const kept = steps.filter((_, i) => i !== gone || steps.length === 1);
  const stage = timetable.stages[Math.abs(by) % timetable.stages.length]!.id;
  const fresh = { ...steps[gone]!, id: by % 2 ? `new${version}` : 's0', stage };
  const later = kept.map((x, i) =>
    i % 3 === Math.abs(by) % 3
      ? { ...x, due: { ...x.due, offset: { ...x.due.offset, days: x.due.offset.days + (by % 3) } } }
      : x,
  );
  const clash = later.some((x) => x.id === fresh.id);
  return { ...timetable, version: version + 1, steps: clash ? later : [...later, fresh] };
}

/** The command of an action on a state; `id` is its step's. */
export function commandOf(
  a: Extract<Action, { do: 'command' }>,
  id: string,
  state: State,
  now: number,
  timetable: Timetable,
): Command {
  const base = { id: `c${a.id}`, ...(a.stale ? { ifRev: state.rev - (a.days % 2) } : {}) };
  const when = now + a.days * DAY;
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
    case 'approve':
    case 'edit':
    case 'reject':
      return { ...base, name: a.name, step: id };
    case 'postpone':
      return { ...base, name: 'postpone', step: id, to: now + Math.round((a.days * DAY) / 20) };
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
    case 'migrate':
      return {
        ...base,
        name: 'migrate',
        program: (state.program ?? 0) + 1,
        timetable: evolved(timetable, a.days),
        anchors: {},
      };
    default:
      return { ...base, name: a.name };
  }
}
