import { join } from 'node:path';
import { compileTemplate } from '../../activities/render/compile-template.ts';
import { readTemplates } from '../../activities/render/read-templates.ts';
import type { CompiledTemplate } from '../../activities/render/template-schema.ts';
import type { Db } from '../../db/database.ts';
import { insertTemplate } from '../../db/queries/playbooks/insert-template.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { projectRoot } from '../../temporal-config/root.ts';
import type { Published } from './publish.ts';
import { publish } from './publish.ts';
import { KINDS, shippedFiles } from './read-shipped.ts';

/** Publishes every template and playbook of this repository; what is published already stays as it is. */
export async function publishShipped(db: Db, { now }: { now: Date }): Promise<Published[]> {
  const templates = await compileShipped();
  for (const compiled of templates) await insertTemplate(db, { compiled, now });
  const published: Published[] = [];
  for (const { source } of await shippedFiles())
    published.push(await publish(db, { source, by: 'shipped', now, templates }));
  return published;
}

/** Every template of this repository, compiled; throws TenureError `invalid-playbook` with all problems. */
export async function compileShipped(): Promise<CompiledTemplate[]> {
  const folders = await Promise.all(
    KINDS.map((kind) => readTemplates(join(projectRoot(), 'playbooks', kind, 'templates'))),
  );
  const compiled = await Promise.all(folders.flat().map((source) => compileTemplate(source)));
  const problems = compiled.flatMap((result) => (result.ok ? [] : result.problems));
  if (problems.length > 0)
    throw new TenureError(
      'invalid-playbook',
      `A template cannot be published: ${problems[0]!.path} ${problems[0]!.message}.`,
      { problems },
    );
  return compiled.flatMap((result) => (result.ok ? [result.compiled] : []));
}
