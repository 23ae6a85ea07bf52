import { sql } from 'drizzle-orm';
import { customType, timestamp } from 'drizzle-orm/pg-core';

/** A moment with time zone, as a Date in code. Its value always comes from the caller's clock, never from the database. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });

/** The number of a transaction, in the order in which they began to write; as text in code. */
export const transaction = customType<{ data: string }>({ dataType: () => 'xid8' });

/** The transaction that is writing now. */
export const thisTransaction = sql`pg_current_xact_id()`;

/** Which transaction wrote the row last: unlike a time or a sequence it tells what has not committed yet. SQL by hand sets it to `pg_current_xact_id()`. */
export const changedIn = () =>
  transaction('changed_in')
    .notNull()
    .default(thisTransaction)
    .$onUpdate(() => thisTransaction);
