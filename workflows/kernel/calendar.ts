import { DAY_MS } from '../contracts/time.ts';
import type { Instant, Offset, ZoneRules } from '../contracts/time.ts';

const MINUTE_MS = 60_000;
const FAR_DAYS = 3700;

/** Working days of a timetable: ISO weekdays that are off, and holidays as `YYYY-MM-DD`. */
export type WorkCalendar = { weekend: number[]; holidays: string[] };

/** Allowed local minutes `[from, to)` and ISO weekdays. */
export type Window = { from: number; to: number; weekdays?: number[] };

/** Minutes east of UTC at an instant; the nearest known offset outside the rules' coverage. */
export function offsetAt(zone: ZoneRules, t: Instant): number {
  let i = zone.from.length - 1;
  while (i > 0 && zone.from[i]! > t) i--;
  return zone.offsets[i] ?? 0;
}

/** Local wall time as milliseconds, as if it were UTC. */
export const toLocal = (zone: ZoneRules, t: Instant): number => t + offsetAt(zone, t) * MINUTE_MS;

/** The first instant (not before `notBefore`) that reads so on the wall; inside a gap the first instant after it. */
export function fromLocal(zone: ZoneRules, local: number, notBefore = -Infinity): Instant {
  let best = Infinity;
  let first = Infinity;
  let gap: number | undefined;
  for (let i = 0; i < zone.from.length; i++) {
    const opens = i === 0 ? -Infinity : zone.from[i]!;
    const closes = i + 1 < zone.from.length ? zone.from[i + 1]! : Infinity;
    if (closes < local - 2 * DAY_MS) continue;
    if (opens > local + 2 * DAY_MS) break;
    const t = local - zone.offsets[i]! * MINUTE_MS;
    if (t >= opens && t < closes) {
      first = Math.min(first, t);
      if (t >= notBefore) best = Math.min(best, t);
    } else if (i > 0 && t < opens && local - zone.offsets[i - 1]! * MINUTE_MS >= opens) gap = opens;
  }
  if (best !== Infinity) return best;
  if (gap !== undefined) return gap;
  return first === Infinity ? local : first;
}

const dayOf = (local: number): number => Math.floor(local / DAY_MS);
const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1;
const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

function isWorkingDay(calendar: WorkCalendar, day: number): boolean {
  if (calendar.weekend.includes(weekdayOf(day))) return false;
  return calendar.holidays.length === 0 || !calendar.holidays.includes(dateOf(day));
}

function addMonths(local: number, months: number): number {
  const d = new Date(local);
  const first = Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + months, 1);
  const f = new Date(first);
  const last = new Date(Date.UTC(f.getUTCFullYear(), f.getUTCMonth() + 1, 0)).getUTCDate();
  return first + (Math.min(d.getUTCDate(), last) - 1) * DAY_MS + (local - dayOf(local) * DAY_MS);
}

/** Adds months by the local calendar, days as 24 h each, and the rest. */
export function addOffset(zone: ZoneRules, t: Instant, offset: Offset): Instant {
  const moved = offset.months === 0 ? t : fromLocal(zone, addMonths(toLocal(zone, t), offset.months));
  return moved + offset.days * DAY_MS + offset.ms;
}

/** Adds months and days by the local calendar, and takes that day's local minute `at`; hours count before the day is taken. */
export function addLocalDays(zone: ZoneRules, t: Instant, offset: Offset, at: number): Instant {
  const local = addMonths(toLocal(zone, t + offset.ms), offset.months);
  return fromLocal(zone, (dayOf(local) + offset.days) * DAY_MS + at * MINUTE_MS);
}

/** Moves by working days, forwards or backwards, keeping the local time. */
export function addBusinessDays(zone: ZoneRules, calendar: WorkCalendar, t: Instant, days: number): Instant {
  if (days === 0) return t;
  const step = Math.sign(days);
  const local = toLocal(zone, t);
  let day = dayOf(local);
  let left = Math.abs(days);
  for (let i = 0; left > 0 && i < FAR_DAYS; i++) {
    day += step;
    if (isWorkingDay(calendar, day)) left--;
  }
  return fromLocal(zone, day * DAY_MS + (local - dayOf(local) * DAY_MS));
}

/** Moves off weekends and holidays, keeping the local time. */
export function adjustToWorkingDay(
  zone: ZoneRules,
  calendar: WorkCalendar,
  t: Instant,
  to: 'following' | 'preceding',
): Instant {
  const local = toLocal(zone, t);
  const start = dayOf(local);
  const step = to === 'following' ? 1 : -1;
  let day = start;
  for (let i = 0; !isWorkingDay(calendar, day) && i < FAR_DAYS; i++) day += step;
  return day === start ? t : fromLocal(zone, day * DAY_MS + (local - start * DAY_MS));
}

const inMinutes = (w: Window, m: number): boolean =>
  w.from === w.to || (w.from < w.to ? m >= w.from && m < w.to : m >= w.from || m < w.to);
const onWeekday = (w: Window, day: number): boolean => !w.weekdays?.length || w.weekdays.includes(weekdayOf(day));

/** Whether an instant lies inside a window, in local time. */
export function inWindow(zone: ZoneRules, window: Window, t: Instant): boolean {
  const local = toLocal(zone, t);
  const day = dayOf(local);
  return onWeekday(window, day) && inMinutes(window, Math.floor((local - day * DAY_MS) / MINUTE_MS));
}

/** The instant itself when the window is open then, else its next opening. */
export function nextOpening(zone: ZoneRules, window: Window, t: Instant): Instant {
  if (inWindow(zone, window, t)) return t;
  const local = toLocal(zone, t);
  const today = dayOf(local);
  const opensAt = window.from === window.to ? 0 : window.from * MINUTE_MS;
  for (let day = today; day < today + 15; day++) {
    if (!onWeekday(window, day)) continue;
    const opening = fromLocal(zone, day * DAY_MS + opensAt, t);
    if (opening >= t && (day > today || opening > t)) return opening;
  }
  return t;
}

/** The local midnight of a date `YYYY-MM-DD`. */
export const localMidnight = (zone: ZoneRules, date: string): Instant =>
  fromLocal(zone, new Date(`${date}T00:00:00Z`).getTime());
