import { and, desc, eq, lte } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { templates } from '../../schema/index.ts';

/** The major of a template that was newest when a playbook was published (its meaning, pinned); the newest of all when none was older. */
export async function pinnedMajor(db: Db | Tx, id: string, publishedAt: Date): Promise<number | undefined> {
  const newest = (...more: Parameters<typeof and>) =>
    db
      .select({ major: templates.major })
      .from(templates)
      .where(and(eq(templates.id, id), ...more))
      .orderBy(desc(templates.major))
      .limit(1);
  const [pinned] = await newest(lte(templates.publishedAt, publishedAt));
  if (pinned) return pinned.major;
  const [any] = await newest();
  return any?.major;
}
