import type { Happening } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { Draft } from './book.ts';
import { endJourney } from './deciding.ts';
import { applyFact } from './facts.ts';
import { planSteps } from './plan-steps.ts';
import { react } from './reacting.ts';

type Event = Extract<Happening, { t: 'event' }>;

const REMEMBERED = 256;

/** Applies what happened outside; its id is kept, so that a second telling changes nothing. */
export function happened(d: Draft, h: Exclude<Happening, { t: 'migrated' }>, now: Instant): void {
  heardOf(d, h.id);
  if (h.t === 'event') applyEvent(d, h, now);
  else if (h.t === 'fact') applyFact(d, h, now);
  else release(d, h.hold, now);
}

/** Keeps the newest ids of what happened. */
export function heardOf(d: Draft, id: string): void {
  d.s.seen = [...d.s.seen, id].slice(-REMEMBERED);
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
    if (reaction.event === e.type) react(d, reaction, e, now);
  }
}
