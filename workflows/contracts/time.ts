/** A moment: milliseconds since 1970-01-01T00:00:00Z. The kernel counts in instants; edges speak ISO-8601. */
export type Instant = number;

/** A local time of day as `HH:MM`, 00:00–23:59. */
export type LocalTime = string;

/** An {@link IsoDuration}: sign, years, months, weeks, days, hours, minutes, seconds. */
export const ISO_DURATION =
  /^([+-])?P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?$/;

/** An ISO-8601 duration, optionally signed: `P2D`, `PT4H`, `-P30D`, `P1M`. */
export type IsoDuration = string;

/** A duration taken apart: months by the calendar, days as 24 h (or local calendar days where a local time is asked for), the rest in ms. */
export type Offset = { months: number; days: number; ms: number };

/** Takes an {@link IsoDuration} apart; throws a RangeError on anything else. */
export function parseDuration(iso: IsoDuration): Offset {
  const m = ISO_DURATION.exec(iso);
  if (!m) throw new RangeError(`not an ISO-8601 duration: ${iso}`);
  const sign = m[1] === '-' ? -1 : 1;
  const n = (i: number) => sign * Number(m[i] ?? 0) || 0;
  return {
    months: n(2) * 12 + n(3),
    days: n(4) * 7 + n(5),
    ms: n(6) * 3_600_000 + n(7) * 60_000 + Math.round(n(8) * 1000),
  };
}

export const DAY_MS = 86_400_000;

/** The length in ms of a duration without months or years; throws a RangeError when it has any. */
export function durationMs(iso: IsoDuration): number {
  const o = parseDuration(iso);
  if (o.months !== 0) throw new RangeError(`${iso} has months or years, whose length depends on the date: use days`);
  return o.days * DAY_MS + o.ms;
}

/** ISO-8601 text of a length in ms, in days, hours, minutes and seconds: `P2DT4H`, `PT0S`, `-PT30M`. */
export function formatDuration(ms: number): IsoDuration {
  const a = Math.abs(Math.round(ms));
  const part = (n: number, unit: string) => (n > 0 ? `${n}${unit}` : '');
  const days = part(Math.floor(a / DAY_MS), 'D');
  const seconds = (a % 60_000) / 1000;
  const time = part(Math.floor(a / 3_600_000) % 24, 'H') + part(Math.floor(a / 60_000) % 60, 'M') + part(seconds, 'S');
  return `${ms < 0 ? '-' : ''}P${days}${time ? `T${time}` : days ? '' : 'T0S'}`;
}

/**
 * A time zone as data, pinned into the run, so that a newer tz database cannot move a date under a replay.
 * `offsets[i]` (minutes east of UTC) holds from `from[i]` (inclusive) to `from[i+1]`; `from[0]` is the start of coverage.
 */
export type ZoneRules = { id: string; tzdb: string; from: Instant[]; offsets: number[] };

/** How the clock of a wait behaves under a pause: it stops with it, runs on, or is bound to its calendar instant. */
export type ClockRule = 'freeze' | 'run-on' | 'absolute';

/** Grain of a rehearsal's clock, ms: what really passes between two jumps of it (the machine's own work) is rounded away. */
const REHEARSAL_GRAIN_MS = 60_000;

/** What time it is for a run whose clock is shifted by so much: in production (0) the engine's time itself. */
export function shiftedNow(engineNow: Instant, clockShift: number): Instant {
  if (clockShift === 0) return engineNow;
  return Math.round((engineNow + clockShift) / REHEARSAL_GRAIN_MS) * REHEARSAL_GRAIN_MS;
}

/** From when on, on its clock before it is rounded, such a run knows that an instant has come. */
export function shownFrom(at: Instant, clockShift: number): Instant {
  if (clockShift === 0) return at;
  return Math.max(at, Math.ceil(at / REHEARSAL_GRAIN_MS) * REHEARSAL_GRAIN_MS - REHEARSAL_GRAIN_MS / 2);
}
