import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { projectRoot } from '../../temporal-config/root.ts';
import { parsePlaybook } from './parse-playbook.ts';

/** A playbook file of this repository: `playbooks/<folder>/<id>.yaml`. */
export type Shipped = { id: string; file: string; source: string };

/** The folders that ship playbooks; a file's own `kind` says what it is. One that is not there ships none. */
export const FOLDERS = ['approval', 'trial', 'onboarding', 'renewal', 'churn-save', 'incident'];

/** Every shipped playbook file, in order of id. */
export async function shippedFiles(): Promise<Shipped[]> {
  const files: Shipped[] = [];
  for (const folder of FOLDERS) {
    const path = join(projectRoot(), 'playbooks', folder);
    if (!existsSync(path)) continue;
    for (const name of (await readdir(path)).filter((file) => file.endsWith('.yaml')))
      files.push({
        id: name.slice(0, -5),
        file: `playbooks/${folder}/${name}`,
        source: await readFile(join(path, name), 'utf8'),
      });
  }
  return files.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The kinds of playbook files by id, as far as they can be read. */
export const kindsOf = (files: Shipped[]): [string, string][] =>
  files.flatMap(({ source }): [string, string][] => {
    const parsed = parsePlaybook(source);
    return parsed.ok ? [[parsed.playbook.id, parsed.playbook.kind]] : [];
  });

/** The shipped playbook of this id; throws TenureError `unknown-playbook` or `invalid-playbook`. */
export async function readShipped(id: string): Promise<Playbook> {
  const files = await shippedFiles();
  const found = files.find((file) => file.id === id);
  if (!found)
    throw new TenureError(
      'unknown-playbook',
      `There is no playbook of that id. Known: ${files.map((file) => file.id).join(', ')}.`,
    );
  const parsed = parsePlaybook(found.source);
  if (parsed.ok) return parsed.playbook;
  throw new TenureError('invalid-playbook', `${found.file} cannot be read.`, { problems: parsed.problems });
}
