import { and, desc, eq, isNotNull } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { bands } from '../../schema/index.ts';

/** The model that gave an account its newest score in figures; undefined: none did. */
export async function modelOf(db: Db | Tx, account: string): Promise<string | undefined> {
  const [row] = await db
    .select({ model: bands.model })
    .from(bands)
    .where(and(eq(bands.accountId, account), isNotNull(bands.score)))
    .orderBy(desc(bands.scoredAt))
    .limit(1);
  return row?.model;
}
