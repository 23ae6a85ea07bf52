import { DAY_MS } from '../../../workflows/contracts/time.ts';
import type { ZoneRules } from '../../../workflows/contracts/time.ts';

const cache = new Map<string, ZoneRules>();

function offsetMinutes(format: Intl.DateTimeFormat, t: number): number {
  const p = Object.fromEntries(format.formatToParts(t).map((x) => [x.type, Number(x.value)])) as Record<string, number>;
  const local = Date.UTC(p.year!, p.month! - 1, p.day!, p.hour! % 24, p.minute!, p.second!);
  return Math.round((local - Math.floor(t / 1000) * 1000) / 60_000);
}

/** Zone rules from this machine's own tz database, 2025 to 2031, by bisection. */
export function zoneOf(id: string): ZoneRules {
  const known = cache.get(id);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: id,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const start = Date.UTC(2025, 0, 1);
  const end = Date.UTC(2031, 0, 1);
  const zone: ZoneRules = { id, tzdb: 'test', from: [start], offsets: [offsetMinutes(format, start)] };
  for (let t = start; t < end; t += 7 * DAY_MS) {
    const before = zone.offsets.at(-1)!;
    if (offsetMinutes(format, t + 7 * DAY_MS) === before) continue;
    let low = t;
    let high = t + 7 * DAY_MS;
    while (high - low > 60_000) {
      const mid = Math.floor((low + high) / 120_000) * 60_000;
      if (offsetMinutes(format, mid) === before) low = mid;
      else high = mid;
    }
    zone.from.push(high);
    zone.offsets.push(offsetMinutes(format, high));
  }
  cache.set(id, zone);
  return zone;
}

export const UTC: ZoneRules = { id: 'UTC', tzdb: 'test', from: [0], offsets: [0] };
