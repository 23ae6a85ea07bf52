import { DateTime } from 'luxon';
import type { Instant } from '../../workflows/contracts/time.ts';

/** When speaking is next allowed in a zone: undefined when it is now, else the instant of the next opening. Hours as `HH:MM`, `to` exclusive. */
export function nextOpening(now: Instant, zone: string, hours: { from: string; to: string }): Instant | undefined {
  const local = DateTime.fromMillis(now, { zone });
  const minute = local.hour * 60 + local.minute;
  const from = minutesOf(hours.from);
  const to = minutesOf(hours.to);
  const open = from <= to ? minute >= from && minute < to : minute >= from || minute < to;
  if (open) return undefined;
  const at = { hour: Math.floor(from / 60), minute: from % 60, second: 0, millisecond: 0 };
  const today = local.set(at);
  const opening = today.toMillis() > now ? today : local.plus({ days: 1 }).set(at);
  return opening.toMillis();
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
