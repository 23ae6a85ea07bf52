import { timestamp } from 'drizzle-orm/pg-core';

/** A moment with time zone, as a Date in code. Its value always comes from the caller's clock, never from the database. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });
