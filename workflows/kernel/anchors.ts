import type { State } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { Timetable } from '../contracts/timetable.ts';
import type { Draft } from './book.ts';
import { addOffset } from './calendar.ts';
import { own } from './own.ts';
import { planSteps } from './plan-steps.ts';

/** Dates that are known, and those that follow from them by their rules. */
export function computedAnchors(
  rules: Timetable['anchors'],
  { startedAt, zone }: Pick<State, 'startedAt' | 'zone'>,
  known: Record<string, Instant>,
): Record<string, Instant> {
  const anchors: Record<string, Instant> = { ...known };
  const all = Object.entries(rules);
  for (let i = 0; i < all.length; i++) {
    for (const [name, rule] of all) {
      if ('given' in rule || own(anchors, name) !== undefined) continue;
      const from = rule.from === 'start' ? startedAt : own(anchors, rule.from);
      if (from !== undefined) anchors[name] = addOffset(zone, from, rule.offset);
    }
  }
  return anchors;
}

/** Moves an anchor and, by as much, those that derive from it; every wait that counts from them gets its new date. */
export function moveAnchor(d: Draft, anchor: string, to: Instant, at: Instant): void {
  const from = own(d.s.anchors, anchor);
  d.s.anchors = { ...d.s.anchors, [anchor]: to };
  if (from !== undefined) shiftDerived(d, anchor, to - from, new Set([anchor]));
  planSteps(d, at, 'anchors');
}

function shiftDerived(d: Draft, anchor: string, by: number, seen: Set<string>): void {
  for (const [name, rule] of Object.entries(d.book.timetable.anchors)) {
    if ('given' in rule || rule.from !== anchor || seen.has(name)) continue;
    seen.add(name);
    d.s.anchors[name] = (own(d.s.anchors, name) ?? 0) + by;
    shiftDerived(d, name, by, seen);
  }
}

/** Moves an anchor on by an extension, and counts it. */
export function extendAnchor(d: Draft, anchor: string, by: number, at: Instant): void {
  const from = own(d.s.anchors, anchor);
  if (from === undefined) return;
  d.s.extended = { ...d.s.extended, [anchor]: (own(d.s.extended, anchor) ?? 0) + by };
  moveAnchor(d, anchor, from + by, at);
}
