import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { projectRoot } from '../../temporal-config/root.ts';
import { parsePlaybook } from './parse-playbook.ts';

/** A playbook file of this repository: `playbooks/<kind>/<id>.yaml`. */
export type Shipped = { id: string; file: string; source: string };

/** The folder of each kind of journey that ships playbooks. */
export const KINDS = ['trial'];

/** Every shipped playbook file, in order of id. */
export async function shippedFiles(): Promise<Shipped[]> {
  const files: Shipped[] = [];
  for (const kind of KINDS) {
    const folder = join(projectRoot(), 'playbooks', kind);
    for (const name of (await readdir(folder)).filter((file) => file.endsWith('.yaml')))
      files.push({
        id: name.slice(0, -5),
        file: `playbooks/${kind}/${name}`,
        source: await readFile(join(folder, name), 'utf8'),
      });
  }
  return files.sort((a, b) => (a.id < b.id ? -1 : 1));
}

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
