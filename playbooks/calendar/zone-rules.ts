import type { Instant, ZoneRules } from '../../workflows/contracts/time.ts';

const YEAR_MS = 366 * 86_400_000;
/** Shorter than any two changes of one zone that may follow each other: Morocco's Ramadan pair is 4 to 5 weeks apart. */
const STEP_MS = 7 * 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether this machine's tz database knows the zone by an IANA name; bare offsets such as `+02:00` are no zones. */
export function isTimeZone(id: string): boolean {
  if (!/^[A-Za-z]/.test(id)) return false;
  try {
    formatOf(id);
    return true;
  } catch {
    return false;
  }
}

/** Rules made at starts of one month are the same object: searching costs milliseconds, and starts come in thousands. */
const made = new Map<string, ZoneRules>();
const MONTH_MS = 30 * 86_400_000;
const KEEP = 2000;

/** The zone's offsets from `from` (or up to 30 days before it) for `years` years as data; throws a RangeError for an unknown zone. */
export function zoneRules(id: string, from: Instant, years = 12): ZoneRules {
  if (!isTimeZone(id)) throw new RangeError(`not a known time zone: ${id.slice(0, 64)}`);
  const start = Math.floor(from / MONTH_MS) * MONTH_MS;
  const key = `${id} ${start} ${years}`;
  const known = made.get(key);
  if (known) return known;
  const rules = search(id, start, start + MONTH_MS + years * YEAR_MS);
  if (made.size >= KEEP) made.clear();
  made.set(key, rules);
  return rules;
}

function search(id: string, from: Instant, end: Instant): ZoneRules {
  const rules: ZoneRules = { id, tzdb: process.versions.tz ?? 'unknown', from: [from], offsets: [offsetAt(id, from)] };
  let before = rules.offsets[0]!;
  for (let low = from; low < end; low += STEP_MS) {
    const high = Math.min(low + STEP_MS, end);
    const after = offsetAt(id, high);
    if (after === before) continue;
    rules.from.push(changeBetween(id, low, high, before));
    rules.offsets.push(after);
    before = after;
  }
  return rules;
}

/** The first minute in (low, high] at which the offset is no longer `before`. */
function changeBetween(id: string, low: Instant, high: Instant, before: number): Instant {
  let [a, b] = [Math.floor(low / 60_000), Math.ceil(high / 60_000)];
  while (b - a > 1) {
    const middle = Math.floor((a + b) / 2);
    if (offsetAt(id, middle * 60_000) === before) a = middle;
    else b = middle;
  }
  return b * 60_000;
}

/** Minutes east of UTC at that moment. */
function offsetAt(id: string, at: Instant): number {
  const parts: Record<string, number> = {};
  for (const part of formatOf(id).formatToParts(at)) parts[part.type] = Number(part.value);
  const local = Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second);
  return Math.round((local - Math.floor(at / 1000) * 1000) / 60_000);
}

function formatOf(id: string): Intl.DateTimeFormat {
  const known = formats.get(id);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: id,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(id, format);
  return format;
}
