import type { Command, Refusal, RefusalCode } from '../contracts/commands.ts';
import type { State, StepState } from '../contracts/journey.ts';
import { DAY_MS, formatDuration } from '../contracts/time.ts';
import type { Instant } from '../contracts/time.ts';
import type { Book } from './book.ts';
import { limitOf, stageEnd } from './due.ts';
import { own } from './own.ts';

const FAR_MS = 3652 * DAY_MS;
const POSTPONE_MAX_MS = 366 * DAY_MS;
const MINUTE_MS = 60_000;

type Nearest = Refusal['nearest'];

/** ISO-8601 text of an instant; one beyond JavaScript's range as its bare number. */
export const iso = (t: Instant): string => (Math.abs(t) <= 8.64e15 ? new Date(t).toISOString() : String(t));

const no = (code: RefusalCode, reason: string, nearest: Nearest = null): Refusal => ({ code, reason, nearest });

/** Why a command would not be applied now; undefined when it would, and for the repeat of an answered one. */
export function refuse(book: Book, s: State, c: Command, now: Instant): Refusal | undefined {
  if (own(s.answered, c.id) !== undefined) return undefined;
  if (s.ended) return no('journey-ended', `The journey ended on ${iso(s.ended.at)} with outcome ${s.ended.outcome}.`);
  if (c.ifRev !== undefined && c.ifRev !== s.rev) {
    const nearest = refuseNow(book, s, c, now) ? null : asBody(c);
    return no(
      'changed-since-preview',
      `The journey has changed since revision ${c.ifRev}; it is now at ${s.rev}.`,
      nearest,
    );
  }
  return refuseNow(book, s, c, now);
}

function refuseNow(book: Book, s: State, c: Command, now: Instant): Refusal | undefined {
  switch (c.name) {
    case 'pause':
      return refusePause(s, c.until, now);
    case 'resume':
      return s.pause ? undefined : no('not-paused', 'The journey is not paused.', { command: 'pause' });
    case 'skip':
      return refuseStep(s, c.step);
    case 'run-now':
      return refuseStep(s, c.step) ?? refuseFollower(book, s, c.step) ?? refuseRunNow(book, s, c.step, now);
    case 'postpone':
      return refuseStep(s, c.step) ?? refuseFollower(book, s, c.step) ?? refusePostpone(book, s, c.step, c.to, now);
    case 'extend':
      return refuseExtend(book, s, c.by, c.stage);
    case 'move-date':
      return refuseMove(book, s, c.date, c.anchor, now);
    case 'change-plan':
      return s.plan === c.plan ? no('same-value', `The plan is ${c.plan} already.`) : undefined;
    case 'set-owner':
      return s.owner === c.owner ? no('same-value', `The owner is ${c.owner} already.`) : undefined;
    case 'note':
    case 'exit':
      return undefined;
  }
}

function refusePause(s: State, until: Instant | null, now: Instant): Refusal | undefined {
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

function refuseStep(s: State, id: string): Refusal | undefined {
  const x = own(s.steps, id);
  if (!x) return no('unknown-step', 'The journey has no such step.');
  if (x.st === 'done') return no('step-done', `Step ${id} was decided on ${iso(x.at!)}: ${told(x)}.`);
  if (x.st === 'open')
    return no(
      'step-open',
      `Step ${id} has been open since ${iso(x.since!)} and ends by what the customer or staff do.`,
    );
  if (x.st !== 'sending') return undefined;
  return no(
    'step-sending',
    `Step ${id} is on its way; only a pause or an exit recalls it.`,
    s.pause ? null : { command: 'pause' },
  );
}

const told = (x: StepState) => (x.reason ? `${x.outcome} (${x.reason})` : x.outcome);

function refuseFollower(book: Book, s: State, id: string): Refusal | undefined {
  const { from } = book.steps.get(id)!.due;
  const x = s.steps[id]!;
  if (x.st !== 'idle' || x.due !== undefined || !from.startsWith('step:')) return undefined;
  return no('step-not-waiting', `Step ${id} follows ${from.slice(5)}, which is not decided yet.`, {
    command: 'skip',
    step: id,
  });
}

function refuseRunNow(book: Book, s: State, id: string, now: Instant): Refusal | undefined {
  const step = book.steps.get(id)!;
  if (s.pause && step.class !== 'legal') {
    return no('journey-paused', `The journey has been paused since ${iso(s.pause.since)}.`, { command: 'resume' });
  }
  const limit = limitOf(book, s, step);
  return now >= limit
    ? no('past-stage-end', `Step ${id} belongs before ${iso(limit)}.`, { command: 'skip', step: id })
    : undefined;
}

function refusePostpone(book: Book, s: State, id: string, to: Instant, now: Instant): Refusal | undefined {
  const limit = limitOf(book, s, book.steps.get(id)!);
  const latest = Math.min(now + POSTPONE_MAX_MS, Math.floor((limit - 1) / MINUTE_MS) * MINUTE_MS);
  const at = (t: Instant): Nearest => (t > now && t <= latest ? { command: 'postpone', step: id, to: iso(t) } : null);
  if (!(to > now))
    return no('date-in-past', `${iso(to)} is not after ${iso(now)}.`, at(now + 60 * MINUTE_MS) ?? at(latest));
  if (to >= limit)
    return no(
      'past-stage-end',
      `Step ${id} must come before ${iso(limit)}, the end of its stage or journey.`,
      at(latest),
    );
  return to > now + POSTPONE_MAX_MS
    ? no('date-too-far', `${iso(to)} is more than 366 days away.`, at(latest))
    : undefined;
}

function refuseExtend(book: Book, s: State, by: number, stageId: string | undefined): Refusal | undefined {
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
    if (stageEnd(book, s, stageId) === undefined || stage.end!.from !== extend.anchor) {
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

function refuseMove(
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

/** A command as the body that would ask for it, without id, reason and revision. */
export function asBody(c: Command): NonNullable<Nearest> {
  switch (c.name) {
    case 'pause':
      return {
        command: 'pause',
        ...(c.until === null ? {} : { until: iso(c.until) }),
        ...(c.clock === null ? {} : { clock: c.clock }),
      };
    case 'skip':
    case 'run-now':
      return { command: c.name, step: c.step };
    case 'postpone':
      return { command: 'postpone', step: c.step, to: iso(c.to) };
    case 'extend':
      return {
        command: 'extend',
        duration: formatDuration(c.by),
        ...(c.stage === undefined ? {} : { stage: c.stage }),
      };
    case 'move-date':
      return { command: 'move-date', date: iso(c.date), ...(c.anchor === undefined ? {} : { anchor: c.anchor }) };
    case 'change-plan':
      return { command: 'change-plan', plan: c.plan };
    case 'set-owner':
      return { command: 'set-owner', owner: c.owner };
    default:
      return { command: c.name };
  }
}
