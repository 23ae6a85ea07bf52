import type { State } from '../contracts/journey.ts';
import { addOffset } from './calendar.ts';
import type { Book } from './book.ts';
import type { Seed } from './kernel.ts';
import { own } from './own.ts';
import { follow } from './stages.ts';

function anchorsOf(book: Book, seed: Seed): Record<string, number> {
  const anchors: Record<string, number> = { ...seed.anchors };
  const rules = Object.entries(book.timetable.anchors);
  for (let i = 0; i < rules.length; i++) {
    for (const [name, rule] of rules) {
      if ('given' in rule || own(anchors, name) !== undefined) continue;
      const from = rule.from === 'start' ? seed.startedAt : own(anchors, rule.from);
      if (from !== undefined) anchors[name] = addOffset(seed.zone, from, rule.offset);
    }
  }
  return anchors;
}

/** The state in which a journey begins; nothing is started yet, that is the first tick's. */
export function begin(book: Book, seed: Seed): State {
  const s: State = {
    v: 1,
    rev: 0,
    startedAt: seed.startedAt,
    anchors: anchorsOf(book, seed),
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
  follow({ book, s, effects: [] }, seed.startedAt);
  return s;
}
