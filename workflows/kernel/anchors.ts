import type { Instant } from '../contracts/time.ts';
import type { Draft } from './book.ts';
import { own } from './own.ts';
import { planSteps } from './plan-steps.ts';

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
