import { and, desc, eq, sql } from 'drizzle-orm';
import type { Playbook } from '../../../workflows/contracts/playbook.ts';
import type { Db } from '../../database.ts';
import { playbooks } from '../../schema/index.ts';

type Row = { playbook: Playbook; source: string; sha256: string; by: string; now: Date };

/** Keeps a playbook as the next version of its id, or answers with the version that has this content; two at once queue up. */
export function insertPlaybook(
  db: Db,
  { playbook, source, sha256, by, now }: Row,
): Promise<{ id: string; version: number; created: boolean }> {
  const { id } = playbook;
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`playbook:${id}`}))`);
    const [same] = await tx
      .select({ version: playbooks.version })
      .from(playbooks)
      .where(and(eq(playbooks.id, id), eq(playbooks.sha256, sha256)))
      .orderBy(desc(playbooks.version))
      .limit(1);
    if (same) return { id, version: same.version, created: false };
    const [last] = await tx
      .select({ version: playbooks.version })
      .from(playbooks)
      .where(eq(playbooks.id, id))
      .orderBy(desc(playbooks.version))
      .limit(1);
    const version = (last?.version ?? 0) + 1;
    await tx
      .insert(playbooks)
      .values({ id, version, sha256, source, definition: playbook, publishedAt: now, publishedBy: by });
    return { id, version, created: true };
  });
}
