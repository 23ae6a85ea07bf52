import { desc, eq } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { playbooks } from '../../schema/index.ts';

export type PlaybookVersion = { version: number; sha256: string; publishedAt: Date; publishedBy: string };

/** Every version of a playbook, newest first; empty when there is none. */
export function playbookVersions(db: Db | Tx, id: string): Promise<PlaybookVersion[]> {
  const { version, sha256, publishedAt, publishedBy } = playbooks;
  return db
    .select({ version, sha256, publishedAt, publishedBy })
    .from(playbooks)
    .where(eq(playbooks.id, id))
    .orderBy(desc(version));
}
