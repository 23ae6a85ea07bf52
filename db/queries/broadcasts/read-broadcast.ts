import { eq } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { broadcasts } from '../../schema/index.ts';
import type { BroadcastRow } from '../../schema/incidents.ts';

/** One notice to affected accounts. */
export async function readBroadcast(db: Db | Tx, id: string): Promise<BroadcastRow | undefined> {
  const [row] = await db.select().from(broadcasts).where(eq(broadcasts.id, id));
  return row;
}
