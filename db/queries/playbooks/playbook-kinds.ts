import { sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';

/** The kind of every published playbook, by id. */
export async function playbookKinds(db: Db | Tx): Promise<Map<string, string>> {
  const rows = await db.execute<{ id: string; kind: string }>(
    sql`select distinct on (id) id, definition->>'kind' as kind from playbooks order by id, version desc`,
  );
  return new Map(rows.map((row) => [row.id, row.kind]));
}
