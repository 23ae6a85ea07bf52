import type { Refusal } from '../contracts/commands.ts';
import type { State } from '../contracts/journey.ts';
import { DAY_MS, formatDuration } from '../contracts/time.ts';
import type { Instant } from '../contracts/time.ts';
import type { Book } from './book.ts';
import { own } from './own.ts';
import { iso, no } from './refusal.ts';
import type { Nearest } from './refusal.ts';

const FAR_MS = 3652 * DAY_MS;

/** Why the journey cannot be paused until then. */
export function refusePause(s: State, until: Instant | null, now: Instant): Refusal | undefined {
  if (s.pause) {
    const rest = s.pause.until === null ? '' : ` until ${iso(s.pause.until)}`;
    return no('already-paused', `The journey has been paused since ${iso(s.pause.since)}${rest}.`, {
      command: 'resume',
    });
  }
  if (until === null) return undefined;
  if (!(until > now)) return no('date-in-past', `${iso(until)} is not after ${iso(now)}.`, { command: 'pause' });
  if (until <= now + FAR_MS) return undefined;
  return no('date-too-far', `${iso(until)} is more than ten years away.`, {
    command: 'pause',
    until: iso(now + FAR_MS),
  });
}

/** Why an anchor cannot be extended by so much. */
export function refuseExtend(book: Book, s: State, by: number, stageId: string | undefined): Refusal | undefined {
  const { extend, moves } = book.timetable;
  if (!extend || own(s.anchors, extend.anchor) === undefined) {
    return no('not-extendable', 'The playbook has nothing that can be extended.', moves ? null : { command: 'note' });
  }
  const left = extend.max - (own(s.extended, extend.anchor) ?? 0);
  const within = (ms: number): Nearest =>
    left > 0 ? { command: 'extend', duration: formatDuration(Math.min(ms, left)) } : null;
  if (stageId !== undefined) {
    const stage = book.stages.get(stageId);
    if (!stage)
      return no('unknown-stage', `The journey has no stage ${stageId}.`, by > 0 ? within(by) : within(DAY_MS));
    if (stage.end?.from !== extend.anchor) {
      return no(
        'not-extendable',
        `Stage ${stageId} does not end by ${extend.anchor}.`,
        by > 0 ? within(by) : within(DAY_MS),
      );
    }
  }
  if (!(by > 0)) return no('duration-not-positive', 'An extension must be longer than nothing.', within(DAY_MS));
  if (by <= left) return undefined;
  const reason = `${extend.anchor} (${iso(s.anchors[extend.anchor]!)}) may be extended by ${formatDuration(Math.max(left, 0))} more.`;
  return no('extension-too-long', reason, within(by));
}

/** Why an anchor cannot be moved to that date. */
export function refuseMove(
  book: Book,
  s: State,
  date: Instant,
  anchor: string | undefined,
  now: Instant,
): Refusal | undefined {
  const { moves, anchors } = book.timetable;
  const name = anchor ?? moves;
  const body = (t: Instant, as = anchor): Nearest => ({
    command: 'move-date',
    date: iso(t),
    ...(as === undefined ? {} : { anchor: as }),
  });
  const other =
    moves !== undefined && anchor !== moves && !refuseMove(book, s, date, moves, now) ? body(date, moves) : null;
  if (name === undefined) return no('not-movable', 'The playbook has no date that can be moved.');
  if (!Object.hasOwn(anchors, name)) return no('unknown-anchor', `The journey has no date ${name}.`, other);
  if (name !== moves && !('given' in anchors[name]!))
    return no('not-movable', `${name} follows other dates and cannot be moved.`, other);
  const is = own(s.anchors, name);
  if (!(date > now))
    return no(
      'date-in-past',
      `${iso(date)} is not after ${iso(now)}.`,
      body(now + DAY_MS === is ? now + 2 * DAY_MS : now + DAY_MS),
    );
  if (!(date <= now + FAR_MS))
    return no(
      'date-too-far',
      `${iso(date)} is more than ten years away.`,
      body(now + FAR_MS === is ? now + DAY_MS : now + FAR_MS),
    );
  return is === date ? no('same-value', `${name} is ${iso(date)} already.`) : undefined;
}
