import { desc } from 'drizzle-orm';
import type { Playbook } from '../../../workflows/contracts/playbook.ts';
import type { Db, Tx } from '../../database.ts';
import { playbooks } from '../../schema/index.ts';

export type PlaybookListing = {
  id: string;
  version: number;
  playbook: Playbook;
  publishedAt: Date;
  publishedBy: string;
};

/** The newest version of every playbook, by id. */
export async function listPlaybooks(db: Db | Tx): Promise<PlaybookListing[]> {
  const rows = await db.selectDistinctOn([playbooks.id]).from(playbooks).orderBy(playbooks.id, desc(playbooks.version));
  return rows.map(({ id, version, definition, publishedAt, publishedBy }) => ({
    id,
    version,
    playbook: definition,
    publishedAt,
    publishedBy,
  }));
}
