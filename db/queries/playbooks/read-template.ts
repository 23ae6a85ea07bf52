import { and, desc, eq } from 'drizzle-orm';
import type { CompiledTemplate } from '../../../workflows/contracts/template.ts';
import type { Db, Tx } from '../../database.ts';
import { templates } from '../../schema/index.ts';

export type TemplateRow = { major: number; minor: number; compiled: CompiledTemplate };

/** The newest copy (minor) of a template's major; undefined when there is none. */
export async function readTemplate(db: Db | Tx, id: string, major: number): Promise<TemplateRow | undefined> {
  const [row] = await db
    .select()
    .from(templates)
    .where(and(eq(templates.id, id), eq(templates.major, major)))
    .orderBy(desc(templates.minor))
    .limit(1);
  return row && { major: row.major, minor: row.minor, compiled: row.compiled as unknown as CompiledTemplate };
}
