import { desc } from 'drizzle-orm';
import type { CompiledTemplate } from '../../../workflows/contracts/template.ts';
import type { Db, Tx } from '../../database.ts';
import { templates } from '../../schema/index.ts';

/** The newest minor of every template and major. */
export async function readAllTemplates(db: Db | Tx): Promise<CompiledTemplate[]> {
  const rows = await db
    .selectDistinctOn([templates.id, templates.major], { compiled: templates.compiled })
    .from(templates)
    .orderBy(templates.id, templates.major, desc(templates.minor));
  return rows.map((row) => row.compiled as unknown as CompiledTemplate);
}
