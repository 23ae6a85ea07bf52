import { and, desc, eq, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { templates } from '../../schema/index.ts';
import { statement } from '../../statement.ts';

type Compiled = (typeof templates.$inferSelect)['compiled'];
export type PinnedTemplate = { major: number; minor: number; compiled: Compiled };

const CACHE_SIZE = 500;
const compiledBy = new Map<string, Compiled>();

const id = sql.placeholder('id');

const pinned = statement((db) =>
  db
    .select({ major: templates.major, minor: templates.minor, sha256: templates.sha256 })
    .from(templates)
    .where(
      and(
        eq(templates.id, id),
        sql`${templates.major} = (
          select coalesce(max(t.major) filter (where t.published_at <= ${sql.placeholder('at')}::timestamptz), max(t.major))
          from templates t where t.id = ${id})`,
      ),
    )
    .orderBy(desc(templates.minor))
    .limit(1),
);

/**
 * The copy that is sent: the newest minor of the major that was newest when the playbook was published (its meaning, pinned); of the newest major
 * when none was older.
 */
export async function pinnedTemplate(
  db: Db | Tx,
  template: string,
  publishedAt: Date,
): Promise<PinnedTemplate | undefined> {
  const [row] = await pinned(db, { id: template, at: publishedAt.toISOString() });
  if (!row) return undefined;
  const { major, minor, sha256 } = row;
  const compiled = compiledBy.get(sha256) ?? (await readCompiled(db, { id: template, major, minor }));
  if (compiledBy.size >= CACHE_SIZE) compiledBy.delete(compiledBy.keys().next().value!);
  compiledBy.set(sha256, compiled);
  return { major, minor, compiled };
}

async function readCompiled(db: Db | Tx, of: { id: string; major: number; minor: number }): Promise<Compiled> {
  const [row] = await db
    .select({ compiled: templates.compiled })
    .from(templates)
    .where(and(eq(templates.id, of.id), eq(templates.major, of.major), eq(templates.minor, of.minor)));
  return row!.compiled;
}
