import fc from 'fast-check';
import type { StepKind } from '../../../workflows/contracts/playbook.ts';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import type { Due, Timetable, TimetableStep } from '../../../workflows/contracts/timetable.ts';
import { DAY, HOUR, due, step, timetableOf, trial } from './fixtures.ts';
import { monFri, thicket } from './thicket.ts';

const length = fc.constantFrom('PT0S', 'PT1H', 'P1D', 'P3D', '-P1D', 'P1M');
const chance = <T>(x: fc.Arbitrary<T>) => fc.option(x, { nil: undefined, freq: 3 });
const closing: fc.Arbitrary<string[]> = fc.constantFrom<string[][]>(
  ['sent'],
  ['accepted'],
  ['expired', 'missed'],
  ['sent', 'accepted'],
  ['skipped', 'dropped', 'met'],
);

const windows: NonNullable<Due['window']>[] = [
  monFri,
  { from: 22 * 60, to: 6 * 60 },
  { from: 0, to: 0, weekdays: [2] },
];

const anyStep = fc.record({
  stage: fc.constantFrom('one', 'two'),
  from: fc.constantFrom('start', 'stage', 'to', 'then', 'step', 'flag:ready', 'flag:over'),
  parent: fc.nat(6),
  after: length,
  closing,
  window: chance(fc.constantFrom(...windows)),
  at: chance(fc.constantFrom(150, 9 * 60)),
  adjust: chance(fc.constantFrom('following' as const, 'preceding' as const)),
  businessDays: chance(fc.constantFrom(-2, 3)),
  clock: fc.constantFrom('freeze' as const, 'run-on' as const, 'absolute' as const),
  late: fc.record({
    within: fc.constantFrom(0, HOUR, 5 * DAY),
    otherwise: fc.constantFrom('skip' as const, 'replan' as const),
  }),
  kind: fc.constantFrom<StepKind[]>('message', 'offer', 'task', 'check', 'milestone', 'meeting', 'survey'),
  needs: fc.constantFrom<string[][]>(['ready'], ['ready', 'over'], ['over']),
  rearm: chance(fc.constantFrom(0, HOUR, 5 * DAY)),
  notice: chance(fc.constantFrom(0, HOUR, 3 * DAY)),
  whileOpen: fc.boolean(),
  legal: fc.boolean(),
  opens: fc.boolean(),
  openClock: fc.constantFrom('freeze' as const, 'run-on' as const),
  expires: chance(fc.constantFrom(due('P2D', 'self'), due('PT0S', 'to'), due('PT0S', 'self'), due('-P1D', 'to'))),
  escalates: fc.boolean(),
  items: fc.boolean(),
  every: chance(fc.constantFrom('P2D', 'PT6H', 'P1M')),
  until: fc.boolean(),
  gated: fc.boolean(),
  flag: chance(fc.constantFrom('if' as const, 'unless' as const)),
  pro: chance(fc.constant(true)),
});
type AnyStep = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

function openOf(x: AnyStep, id: string): Pick<TimetableStep, 'open'> {
  if ((!x.opens && x.kind !== 'meeting') || x.kind === 'check' || x.kind === 'milestone') return {};
  const expires = x.expires && { ...x.expires, from: x.expires.from === 'self' ? `step:${id}` : x.expires.from };
  const escalations = [
    { after: parseDuration('PT6H'), level: 1, unless: 'booked' as const },
    { after: parseDuration('-PT6H'), level: 2 },
  ];
  return {
    open: {
      ...(expires && { expires }),
      otherwise: x.kind === 'offer' ? 'expired' : 'missed',
      clock: x.openClock,
      ...(x.items && { items: ['x', 'y'] }),
      ...(x.escalates && { escalations }),
    },
  };
}

function stepOf(x: AnyStep, i: number, all: number): TimetableStep {
  const id = `s${i}`;
  const parent = x.parent % all;
  const follows = x.from === 'step' && parent !== i;
  const from = follows ? `step:s${parent}` : x.from === 'step' ? 'start' : x.from;
  const more = {
    ...(x.window && { window: x.window }),
    ...(x.at && { at: x.at }),
    ...(x.adjust && { adjust: x.adjust }),
    ...(x.businessDays && { businessDays: x.businessDays }),
  };
  return step(id, x.stage, due(x.after, from, more), {
    kind: x.kind,
    clock: x.clock,
    late: x.late,
    class: x.legal ? 'legal' : 'marketing',
    ...(follows && !x.whileOpen && { after: x.closing }),
    ...(follows && x.whileOpen && { whileOpen: true }),
    ...(x.kind === 'milestone' && { needs: x.needs }),
    ...(x.rearm !== undefined && { rearm: x.rearm }),
    ...(x.legal &&
      x.notice !== undefined && { notice: { opens: due('-P4D', 'to'), closes: due('-P1D', 'to'), alarm: x.notice } }),
    ...openOf(x, id),
    ...(x.every && !follows && { repeat: { every: parseDuration(x.every), max: 5, ...(x.until && { until: 'to' }) } }),
    ...(x.gated && { gate: { flag: 'ready', until: due('P6D'), reason: 'never-ready' } }),
    ...(x.flag && { [x.flag]: [{ flag: 'ready', reason: 'by-flag' }] }),
    ...(x.pro && { plans: ['pro'] }),
  });
}

const standing = (frozen: boolean) => (frozen ? { clock: 'freeze' as const } : {});

const anyTimetable = fc
  .record({
    steps: fc.array(anyStep, { minLength: 1, maxLength: 7 }),
    stageEnd: chance(length),
    stageEndFrom: fc.constantFrom('to', 'stage', 'then'),
    enter: fc.constantFrom('previous', 'journey', 'flag:ready'),
    until: chance(fc.constantFrom('over', 'ready')),
    frozen: fc.boolean(),
    end: chance(fc.constantFrom(due('PT0S', 'to'), due('P1D', 'then', { window: monFri }))),
    gap: fc.constantFrom(0, HOUR, DAY),
    closes: fc.constantFrom('sent', 'met', 'skipped', 'expired'),
  })
  .map(({ steps, stageEnd, stageEndFrom, enter, until, frozen, end, gap: minGap, closes }) =>
    timetableOf(
      steps.map((x, i) => stepOf(x, i, steps.length)),
      {
        kind: 'trial',
        stages: [
          {
            id: 'one',
            title: 'one',
            enter: 'journey',
            ...(stageEnd && { end: due(stageEnd, stageEndFrom) }),
            ...standing(frozen),
          },
          { id: 'two', title: 'two', enter, ...(until && { until }) },
        ],
        anchors: {
          to: { from: 'start', offset: parseDuration('P8D') },
          then: { from: 'to', offset: parseDuration('P3D') },
        },
        ...(end && {
          end: { at: end, ...standing(frozen), outcomes: [{ flag: 'ready', outcome: 'ready' }, { outcome: 'over' }] },
        }),
        extend: { anchor: 'to', max: 30 * DAY },
        moves: 'to',
        maxAge: 90 * DAY,
        minGap,
        reactions: [
          { event: 'ready', set: 'ready' },
          { event: 'unready', clear: 'ready' },
          { event: 'again', set: 'ready', again: true },
          { event: 'over', set: 'over' },
          { event: 'step:s0', where: { outcome: closes }, set: 'ready', again: true },
          { event: 'listed', item: 's1/x' },
          { event: 'surveyed', completes: 's1' },
          { event: 'moved', move: { anchor: 'to', field: 'to' } },
          { event: 'subscription_started', end: { how: 'goal', outcome: 'converted' } },
        ],
        offers: { more: { extendsBy: 5 * DAY }, all: { converts: true } },
      },
    ),
  );

/** The trial, a timetable that uses everything at once, and any other. */
export const timetables: fc.Arbitrary<Timetable> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(trial, thicket) },
  { weight: 2, arbitrary: anyTimetable },
);
