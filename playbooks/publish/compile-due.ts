import type { ConfigValue, DueSpec, Playbook } from '../../workflows/contracts/playbook.ts';
import { IsoDuration, LocalTime } from '../../workflows/contracts/time-schema.ts';
import { durationMs, parseDuration } from '../../workflows/contracts/time.ts';
import type { Offset } from '../../workflows/contracts/time.ts';
import type { Due } from '../../workflows/contracts/timetable.ts';

/** A playbook's figures as dates and durations; what does not fit throws a RangeError that names it. */
export type Resolve = {
  duration(value: string): string;
  offset(value: string): Offset;
  /** Length in ms; months and years have none. */
  ms(value: string): number;
  /** Whole days. */
  days(value: string): number;
  minute(value: string): number;
  number(value: number | string): number;
};

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** ISO weekday 1–7 of `mon` … `sun`. */
export const weekday = (name: string): number => WEEKDAYS.indexOf(name) + 1;

/** Takes `$name` from the config, and checks what comes out. */
export function resolver(config: Record<string, ConfigValue>): Resolve {
  const take = (value: string, schema: typeof IsoDuration | typeof LocalTime, what: string): string => {
    const found = value.startsWith('$') ? config[value.slice(1)] : value;
    if (found === undefined) throw new RangeError(`config has no entry "${value.slice(1)}"`);
    if (!schema.safeParse(found).success) throw new RangeError(`${value} is no ${what}`);
    return String(found);
  };
  const duration = (value: string) => take(value, IsoDuration, 'ISO-8601 duration');
  return {
    duration,
    offset: (value) => parseDuration(duration(value)),
    ms: (value) => durationMs(duration(value)),
    days: (value) => {
      const days = durationMs(duration(value)) / 86_400_000;
      if (!Number.isInteger(days) || days < 1) throw new RangeError(`${value} is no number of whole days`);
      return days;
    },
    number: (value) => {
      const found = typeof value === 'string' ? config[value.slice(1)] : value;
      if (typeof found !== 'number') throw new RangeError(`${value} is no number`);
      return found;
    },
    minute: (value) => {
      const [hours, minutes] = take(value, LocalTime, 'local time').split(':');
      return Number(hours) * 60 + Number(minutes);
    },
  };
}

/** A due as the kernel takes it; `fallback` is the send window of a message that names none. */
export function compileDue(spec: DueSpec, resolve: Resolve, fallback?: Playbook['window']): Due {
  const due = typeof spec === 'string' ? { from: 'start', after: spec } : spec;
  const window =
    'window' in due && due.window !== undefined
      ? due.window
      : 'at' in due && due.at !== undefined
        ? 'none'
        : (fallback ?? 'none');
  return {
    from: due.from,
    offset: resolve.offset(due.after),
    ...('businessDays' in due && due.businessDays !== undefined ? { businessDays: due.businessDays } : {}),
    ...('at' in due && due.at !== undefined ? { at: resolve.minute(due.at) } : {}),
    ...('atLeast' in due && due.atLeast !== undefined ? { atLeast: resolve.offset(due.atLeast) } : {}),
    ...(window === 'none' ? {} : { window: compileWindow(window, resolve) }),
    ...('adjust' in due && due.adjust !== undefined ? { adjust: due.adjust } : {}),
  };
}

function compileWindow(window: NonNullable<Playbook['window']>, resolve: Resolve): NonNullable<Due['window']> {
  const [from, to] = [resolve.minute(window.from), resolve.minute(window.to)];
  if (to <= from) throw new RangeError(`the window ${window.from}–${window.to} does not open before it closes`);
  return { from, to, ...(window.weekdays ? { weekdays: [...new Set(window.weekdays.map(weekday))].sort() } : {}) };
}
