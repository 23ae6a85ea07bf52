import { DAY_MS, parseDuration } from '../../workflows/contracts/time.ts';

/** So long after a date: months and years by the calendar (January 31st and a month is the last of February), in UTC. */
export const laterBy = (from: Date, iso: string): Date => later(from, iso, from.getUTCDate());

/**
 * The day on which the next term ends. `day`, where a term is meant to end, outlives short months: what ended on February 28th because its
 * day is the 31st ends on March 31st next. Throws a RangeError for a term under a day, which would end and begin for ever.
 */
export function nextTerm(from: Date, iso: string, day: number): Date {
  const end = later(from, iso, termDay(from, day));
  if (end.getTime() - from.getTime() < DAY_MS) throw new RangeError(`no term: ${iso}`);
  return end;
}

/** The day of the month on which terms are meant to end: the date's own, or the later one that its month is too short for. */
export function termDay(date: Date, day: number): number {
  const own = date.getUTCDate();
  return day > own && own === lastOf(date) ? Math.min(day, 31) : own;
}

const lastOf = (date: Date): number =>
  new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();

function later(from: Date, iso: string, day: number): Date {
  const { months, days, ms } = parseDuration(iso);
  const at = new Date(from);
  if (months !== 0) {
    at.setUTCDate(1);
    at.setUTCMonth(at.getUTCMonth() + months);
    at.setUTCDate(Math.min(day, lastOf(at)));
  }
  return new Date(at.getTime() + days * DAY_MS + ms);
}

/** The day that it is in a zone at that moment, as its midnight in UTC: what a fact of type date without a time means. */
export function localDate(at: Date, zone: string): Date {
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(at);
  return new Date(`${text}T00:00:00Z`);
}
