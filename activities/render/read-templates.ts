import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TemplateSource } from './template-schema.ts';

const SHARED = '_shared';

/** Every template folder under `root` (such as `playbooks/trial/templates`), with the partials of its `_shared` folder. */
export async function readTemplates(root: string): Promise<TemplateSource[]> {
  const folders = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const shared = folders.some((f) => f.name === SHARED) ? await filesOf(join(root, SHARED)) : {};
  const names = folders.map((folder) => folder.name).filter((name) => name !== SHARED);
  return Promise.all(
    names.sort().map(async (folder) => ({ folder, files: await filesOf(join(root, folder)), shared })),
  );
}

async function filesOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}
