import { parseDuration } from '../../../workflows/contracts/time.ts';
import type { Timetable } from '../../../workflows/contracts/timetable.ts';
import { DAY, HOUR, due, step, timetableOf } from './fixtures.ts';

/** Office hours. */
export const monFri = { from: 8 * 60, to: 17 * 60, weekdays: [1, 2, 3, 4, 5] };

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
