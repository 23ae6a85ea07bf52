import type { Db, Tx } from '../db/database.ts';
import { readPlaybook } from '../db/queries/playbooks/read-playbook.ts';
import type { PlaybookRow } from '../db/queries/playbooks/read-playbook.ts';

const cache = new WeakMap<Db, Map<string, PlaybookRow>>();

/** A published version, kept in memory since it never changes (and its expressions stay compiled); undefined when there is none. */
export async function loadPlaybook(
  db: Db,
  id: string,
  version: number,
  tx: Db | Tx = db,
): Promise<PlaybookRow | undefined> {
  const known = cache.get(db) ?? new Map<string, PlaybookRow>();
  cache.set(db, known);
  const key = `${id}@${version}`;
  const row = known.get(key) ?? (await readPlaybook(tx, id, version));
  if (row) known.set(key, row);
  return row;
}
