import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TemplateSource } from './template-schema.ts';

/** Every template folder under `root` (such as `playbooks/trial/templates`), with the partials of the look that all share. */
export async function readTemplates(root: string, shared: string): Promise<TemplateSource[]> {
  const folders = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const partials = await filesOf(shared);
  const names = folders.map((folder) => folder.name);
  return Promise.all(
    names.sort().map(async (folder) => ({ folder, files: await filesOf(join(root, folder)), shared: partials })),
  );
}

async function filesOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => !/^\.|^README/.test(name)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}
