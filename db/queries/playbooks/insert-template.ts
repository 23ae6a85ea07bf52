import { and, desc, eq, sql } from 'drizzle-orm';
import type { CompiledTemplate } from '../../../workflows/contracts/template.ts';
import type { Db } from '../../database.ts';
import { templates } from '../../schema/index.ts';

/** Keeps a template as the next minor of its major; the newest minor with this content is answered as it is. */
export function insertTemplate(
  db: Db,
  { compiled, now }: { compiled: CompiledTemplate; now: Date },
): Promise<{ id: string; major: number; minor: number; created: boolean }> {
  const { id, major, sha256 } = compiled;
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`template:${id}`}))`);
    const [last] = await tx
      .select({ minor: templates.minor, sha256: templates.sha256 })
      .from(templates)
      .where(and(eq(templates.id, id), eq(templates.major, major)))
      .orderBy(desc(templates.minor))
      .limit(1);
    if (last?.sha256 === sha256) return { id, major, minor: last.minor, created: false };
    const minor = last ? last.minor + 1 : 0;
    await tx
      .insert(templates)
      .values({ id, major, minor, sha256, compiled: compiled as unknown as Record<string, unknown>, publishedAt: now });
    return { id, major, minor, created: true };
  });
}
