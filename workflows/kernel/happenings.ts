import type { Happening } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { Reaction } from '../contracts/timetable.ts';
import { moveAnchor } from './anchors.ts';
import type { Draft } from './book.ts';
import { localMidnight } from './calendar.ts';
import { endJourney } from './deciding.ts';
import { applyFact, completeNamed } from './facts.ts';
import { own } from './own.ts';
import { planSteps } from './plan-steps.ts';

type Event = Extract<Happening, { t: 'event' }>;

const REMEMBERED = 256;
const FAR_MS = 3652 * 86_400_000;
const DATE = /^\d{4}-\d\d-\d\d$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/** Applies what happened outside; its id is kept, so that a second telling changes nothing. */
export function happened(d: Draft, h: Happening, now: Instant): void {
  d.s.seen = [...d.s.seen, h.id].slice(-REMEMBERED);
  if (h.t === 'event') applyEvent(d, h, now);
  else if (h.t === 'fact') applyFact(d, h, now);
  else release(d, h.hold, now);
}

/** Makes due what waits on a hold that ended. */
export function release(d: Draft, hold: string, now: Instant): void {
  for (const x of Object.values(d.s.steps)) {
    // The hold may end before the run learns that its touch was held by it.
    if (x.st === 'sending') x.released = hold;
    if (x.st !== 'waiting' || x.hold !== hold) continue;
    x.due = now;
    delete x.hold;
    x.set = now - (x.shift ?? 0);
    x.base = now;
    x.begun = now;
  }
}

function applyEvent(d: Draft, e: Event, now: Instant): void {
  if (d.s.ended) return;
  if (e.zone) {
    d.s.zone = e.zone;
    planSteps(d, now, 'zone');
  }
  const { plan, owner } = e.fields;
  if (e.type === 'account.plan_changed' && typeof plan === 'string') d.s.plan = plan;
  if (e.type === 'account.owner_changed' && (typeof owner === 'string' || owner === null)) d.s.owner = owner;
  if (e.type === 'account.erased') return endJourney(d, 'account-erased', 'exit', now);
  if (e.type === 'account.closed') return endJourney(d, 'account-closed', 'exit', now);
  for (const reaction of d.book.timetable.reactions) {
    if (d.s.ended) return;
    if (reaction.event === e.type && matches(reaction, e)) react(d, reaction, e, now);
  }
}

const matches = (reaction: Reaction, e: Event): boolean =>
  Object.entries(reaction.where ?? {}).every(([field, value]) => own(e.fields, field) === value);

function react(d: Draft, r: Reaction, e: Event, now: Instant): void {
  const at = Math.min(e.at, now);
  if (r.set !== undefined && own(d.s.flags, r.set) === undefined) d.s.flags = { ...d.s.flags, [r.set]: at };
  if (r.clear !== undefined && own(d.s.flags, r.clear) !== undefined) delete d.s.flags[r.clear];
  if (r.item !== undefined) completeNamed(d, r.item, at, now);
  if (r.completes !== undefined) completeNamed(d, r.completes, at, now);
  if (r.move) {
    const to = instantOf(d, own(e.fields, r.move.field));
    if (to !== undefined && Math.abs(to - now) <= FAR_MS) moveAnchor(d, r.move.anchor, to, now);
  }
  if (r.end) endJourney(d, r.end.outcome, r.end.how, now);
}

function instantOf(d: Draft, value: unknown): Instant | undefined {
  if (typeof value !== 'string') return undefined;
  const t = DATE.test(value) ? localMidnight(d.s.zone, value) : INSTANT.test(value) ? new Date(value).getTime() : NaN;
  return Number.isFinite(t) ? t : undefined;
}
