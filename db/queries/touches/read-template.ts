import { and, desc, eq, lte, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { templates } from '../../schema/index.ts';

/**
 * The copy that is sent: the newest minor of the major that was newest when the playbook's version was published; its meaning is pinned, its
 * wording live.
 */
export async function readTemplate(db: Db | Tx, id: string, pinnedAt: Date) {
  const [row] = await db
    .select()
    .from(templates)
    .where(eq(templates.id, id))
    .orderBy(desc(sql`${templates.major} = (${majorAt(db, id, pinnedAt)})`), desc(templates.major), desc(templates.minor))
    .limit(1);
  return row;
}

const majorAt = (db: Db | Tx, id: string, at: Date) =>
  db
    .select({ major: sql`coalesce(max(${templates.major}), 0)` })
    .from(templates)
    .where(and(eq(templates.id, id), lte(templates.publishedAt, at)));
