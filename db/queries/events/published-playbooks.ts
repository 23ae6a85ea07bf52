import { asc } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { playbooks } from '../../schema/playbooks.ts';

/** Ids and versions of all that is published. */
export function publishedVersions(db: Db | Tx) {
  return db
    .select({ id: playbooks.id, version: playbooks.version })
    .from(playbooks)
    .orderBy(asc(playbooks.id), asc(playbooks.version));
}

/** All that is published, whole. */
export function publishedPlaybooks(db: Db | Tx) {
  return db.select().from(playbooks).orderBy(asc(playbooks.id), asc(playbooks.version));
}
export type PublishedPlaybook = Awaited<ReturnType<typeof publishedPlaybooks>>[number];
