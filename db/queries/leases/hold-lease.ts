import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { leases } from '../../schema/index.ts';

/** Takes or prolongs a lease until `until`; false while somebody else holds it. */
export async function holdLease(db: Db, i: { name: string; holder: string; now: Date; until: Date }): Promise<boolean> {
  const rows = await db
    .insert(leases)
    .values({ name: i.name, holder: i.holder, until: i.until })
    .onConflictDoUpdate({
      target: leases.name,
      set: { holder: i.holder, until: i.until },
      setWhere: sql`${leases.holder} = ${i.holder} or ${leases.until} <= ${i.now.toISOString()}::timestamptz`,
    })
    .returning({ name: leases.name });
  return rows.length > 0;
}
