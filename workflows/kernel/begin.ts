import type { State } from '../contracts/journey.ts';
import { computedAnchors } from './anchors.ts';
import type { Book } from './book.ts';
import type { Seed } from './kernel.ts';
import { followAll } from './ticking.ts';

/** The state in which a journey begins; nothing is started yet, that is the first tick's. */
export function begin(book: Book, seed: Seed): State {
  const s: State = {
    v: 1,
    rev: 0,
    startedAt: seed.startedAt,
    anchors: computedAnchors(book.timetable.anchors, seed, seed.anchors ?? {}),
    zone: seed.zone,
    plan: seed.plan,
    owner: seed.owner,
    flags: { ...seed.flags },
    stages: Object.fromEntries(book.timetable.stages.map((x) => [x.id, {}])),
    steps: Object.fromEntries(book.timetable.steps.map((x) => [x.id, { st: 'idle', n: 1 }])),
    pause: null,
    ended: null,
    extended: {},
    lastTouch: null,
    answered: {},
    seen: [],
  };
  followAll({ book, s, effects: [], closed: [] }, seed.startedAt);
  return s;
}
