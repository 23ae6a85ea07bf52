import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compileTemplate } from '../../activities/render/compile-template.ts';
import { readTemplates } from '../../activities/render/read-templates.ts';
import type { CompiledTemplate } from '../../activities/render/template-schema.ts';
import type { Db } from '../../db/database.ts';
import { playbookKinds } from '../../db/queries/playbooks/playbook-kinds.ts';
import { insertTemplate } from '../../db/queries/playbooks/insert-template.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { projectRoot } from '../../temporal-config/root.ts';
import type { CompileResult } from '../../activities/render/compile-template.ts';
import type { PlaybookProblem } from './parse-playbook.ts';
import type { Published } from './publish.ts';
import { publish } from './publish.ts';
import { FOLDERS, kindsOf, shippedFiles } from './read-shipped.ts';

type PublishAll = {
  now: Date;
  /** Says of what cannot be published why, instead of an error: a rehearsal of one playbook does not fail for another. */
  onInvalid?: (why: string) => void;
};

/**
 * Publishes every template and playbook of this repository that can be; throws TenureError `invalid-playbook` after it when one
 * cannot. What is published already stays as it is.
 */
export async function publishShipped(db: Db, { now, onInvalid }: PublishAll): Promise<Published[]> {
  const { templates, problems } = await compileAll();
  for (const compiled of templates) await insertTemplate(db, { compiled, now });
  const published: Published[] = [];
  const files = await shippedFiles();
  const kinds = new Map([...(await playbookKinds(db)), ...kindsOf(files)]);
  for (const { file, source } of files)
    try {
      published.push(await publish(db, { source, by: 'shipped', now, templates, kinds }));
    } catch (error) {
      if (!(error instanceof TenureError) || error.code !== 'invalid-playbook') throw error;
      problems.push({ path: file, message: error.message });
    }
  if (onInvalid) problems.forEach(({ path, message }) => onInvalid(`${path}: ${message}`));
  else refuse(problems, 'A playbook or template');
  return published;
}

/** Every template of this repository, compiled; throws TenureError `invalid-playbook` with all problems. */
export async function compileShipped(): Promise<CompiledTemplate[]> {
  const { templates, problems } = await compileAll();
  refuse(problems, 'A template');
  return templates;
}

async function compileAll(): Promise<{ templates: CompiledTemplate[]; problems: PlaybookProblem[] }> {
  const playbooks = join(projectRoot(), 'playbooks');
  const roots = FOLDERS.map((folder) => join(playbooks, folder, 'templates')).filter((root) => existsSync(root));
  const folders = await Promise.all(roots.map((root) => readTemplates(root, join(playbooks, '_shared'))));
  const results = await Promise.all(folders.flat().map((source) => compileTemplate(source)));
  return {
    templates: results.flatMap((result) => (result.ok ? [result.compiled] : [])),
    problems: [...results.flatMap((result) => (result.ok ? [] : result.problems)), ...twice(results)],
  };
}

/** An id is one template, whichever folder it stands in. */
function twice(results: CompileResult[]): PlaybookProblem[] {
  const ids = results.flatMap((result) => (result.ok ? [`${result.compiled.id} ${result.compiled.major}`] : []));
  const again = new Set(ids.filter((id, i) => ids.indexOf(id) !== i));
  return [...again].map((id) => ({ path: `template ${id}`, message: 'stands in two folders' }));
}

function refuse(problems: PlaybookProblem[], what: string): void {
  const [first] = problems;
  if (!first) return;
  const rest = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new TenureError('invalid-playbook', `${what} cannot be published: ${first.path} ${first.message}${rest}.`, {
    problems,
  });
}
