import { TenureError } from '../workflows/contracts/errors.ts';
import type { Playbook } from '../workflows/contracts/playbook.ts';
import type { Instant, ZoneRules } from '../workflows/contracts/time.ts';
import { localMidnight } from '../workflows/kernel/calendar.ts';

const DAY = /^\d{4}-\d\d-\d\d$/;
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2101, 0, 1);

/** The dates that a playbook takes from facts: a day is its first moment in the recipient's zone. Throws TenureError `fact-missing` or `invalid-date`, naming the fact. */
export function factAnchors(
  playbook: Playbook,
  facts: Record<string, unknown>,
  zone: ZoneRules,
): Record<string, Instant> {
  return Object.fromEntries(
    Object.entries(playbook.anchors).flatMap(([anchor, spec]) =>
      'fact' in spec ? [[anchor, dateOf(playbook, spec.fact, facts, zone)] as const] : [],
    ),
  );
}

/** Every fact that a date of the playbook is bound to. */
export const boundFacts = (playbook: Playbook): string[] =>
  Object.values(playbook.anchors).flatMap((spec) => ('fact' in spec ? [spec.fact] : []));

function dateOf(playbook: Playbook, fact: string, facts: Record<string, unknown>, zone: ZoneRules): Instant {
  const value = facts[fact] ?? playbook.reads.facts[fact]?.default;
  if (value === undefined || value === null)
    throw new TenureError('fact-missing', `${playbook.id} counts from the fact ${fact}, which the account lacks.`, {
      fact,
    });
  const at = typeof value !== 'string' ? NaN : DAY.test(value) ? localMidnight(zone, value) : Date.parse(value);
  if (!(at >= EARLIEST && at < LATEST))
    throw new TenureError('invalid-date', `The fact ${fact}, from which ${playbook.id} counts, is no possible date.`, {
      fact,
    });
  return at;
}
