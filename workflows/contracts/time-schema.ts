import { z } from 'zod';
import { ISO_DURATION } from './time.ts';
import type * as time from './time.ts';

// Apart from time.ts, which runs import: each cached run evaluates its modules anew, and zod costs it ten times the kernel's memory.
const YEAR_1 = -62_135_596_800_000;
const YEAR_10000 = 253_402_300_800_000;
/** An instant as edges speak it: ISO-8601 with its offset; in UTC, too, its year has the four digits that the database knows. */
export const When = z.iso
  .datetime({ offset: true })
  .refine((text) => !(Date.parse(text) < YEAR_1 || Date.parse(text) >= YEAR_10000), 'must lie in the years 1 to 9999');

/** A local time of day as `HH:MM`, 00:00–23:59. */
export const LocalTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a local time as HH:MM, for example 09:00');

/** An ISO-8601 duration, optionally signed: `P2D`, `PT4H`, `-P30D`, `P1M`. */
export const IsoDuration = z.string().regex(ISO_DURATION, 'an ISO-8601 duration, for example P2D or PT4H');

/** How the clock of a wait behaves under a pause. */
export const ClockRule = z.enum(['freeze', 'run-on', 'absolute'] satisfies time.ClockRule[]);
