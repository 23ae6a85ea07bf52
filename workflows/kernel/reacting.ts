import type { Instant } from '../contracts/time.ts';
import type { Reaction } from '../contracts/timetable.ts';
import { moveAnchor } from './anchors.ts';
import type { Draft } from './book.ts';
import { localMidnight } from './calendar.ts';
import { endJourney } from './deciding.ts';
import { completeNamed } from './facts.ts';
import { clearFlag, setFlag } from './flags.ts';
import { judgeMilestones } from './milestones.ts';
import { own } from './own.ts';

/** What was told, and when it was so. */
type Told = { at: Instant; fields: Record<string, unknown> };

const FAR_MS = 3652 * 86_400_000;
const DATE = /^\d{4}-\d\d-\d\d$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/** Does what a reaction says, when the fields are as it wants them. */
export function react(d: Draft, r: Reaction, told: Told, now: Instant): void {
  if (!Object.entries(r.where ?? {}).every(([field, value]) => own(told.fields, field) === value)) return;
  const at = Math.min(told.at, now);
  if (r.set !== undefined) setFlag(d, r.set, at, now, r.again);
  if (r.clear !== undefined) clearFlag(d, r.clear, now);
  if (r.item !== undefined) completeNamed(d, r.item, at, now);
  if (r.completes !== undefined && (!r.whileOpen || isOpen(d, r.completes))) completeNamed(d, r.completes, at, now);
  if (r.move) {
    const to = instantOf(d, own(told.fields, r.move.field));
    if (to !== undefined && Math.abs(to - now) <= FAR_MS) moveAnchor(d, r.move.anchor, to, now);
  }
  if (!r.end) return;
  judgeMilestones(d, now);
  endJourney(d, r.end.outcome, r.end.how, now);
}

const isOpen = (d: Draft, step: string): boolean => ['open', 'sending'].includes(own(d.s.steps, step)?.st ?? '');

/** Reacts to steps that have ended (`step:<id>`), in their order; what ends by that is reacted to as well. */
export function reactToSteps(d: Draft, now: Instant): void {
  for (let closed = d.closed.shift(); closed; closed = d.closed.shift()) {
    for (const reaction of d.book.timetable.reactions) {
      if (d.s.ended) return;
      if (reaction.event === `step:${closed.step}`) react(d, reaction, closed, now);
    }
  }
}

function instantOf(d: Draft, value: unknown): Instant | undefined {
  if (typeof value !== 'string') return undefined;
  const t = DATE.test(value) ? localMidnight(d.s.zone, value) : INSTANT.test(value) ? new Date(value).getTime() : NaN;
  return Number.isFinite(t) ? t : undefined;
}
