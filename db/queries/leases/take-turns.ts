import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { leases } from '../../schema/index.ts';

/**
 * Takes so many turns in a queue that all processes share, `everyMs` apart and none before `now`; answers when the first of them is. What nobody
 * took while it rested is not made up for.
 */
export async function takeTurns(db: Db, i: { name: string; turns: number; everyMs: number; now: Date }): Promise<Date> {
  const took = sql`${i.turns * i.everyMs}::float8 * interval '1 millisecond'`;
  const now = sql`${i.now.toISOString()}::timestamptz`;
  const [row] = await db
    .insert(leases)
    .values({ name: i.name, holder: 'everybody', until: sql`${now} + ${took}` })
    .onConflictDoUpdate({ target: leases.name, set: { until: sql`greatest(${leases.until}, ${now}) + ${took}` } })
    .returning({ until: leases.until });
  return new Date(row!.until.getTime() - i.turns * i.everyMs);
}
