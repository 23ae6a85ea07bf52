import { and, desc, eq } from 'drizzle-orm';
import type { Playbook } from '../../../workflows/contracts/playbook.ts';
import type { Db, Tx } from '../../database.ts';
import { playbooks } from '../../schema/index.ts';

export type PlaybookRow = {
  id: string;
  version: number;
  sha256: string;
  source: string;
  playbook: Playbook;
  publishedAt: Date;
  publishedBy: string;
};

/** A published playbook of this version, by default the newest; undefined when there is none. */
export async function readPlaybook(db: Db | Tx, id: string, version?: number): Promise<PlaybookRow | undefined> {
  const [row] = await db
    .select()
    .from(playbooks)
    .where(version === undefined ? eq(playbooks.id, id) : and(eq(playbooks.id, id), eq(playbooks.version, version)))
    .orderBy(desc(playbooks.version))
    .limit(1);
  if (!row) return undefined;
  const { definition, ...rest } = row;
  return { ...rest, playbook: definition };
}
