import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds package.json, found upward from this module, so that it is the same from `dist/` and from sources. */
export function projectRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${import.meta.dirname}`);
    folder = parent;
  }
  return folder;
}

/** Whether this module runs as part of the compiled code in `dist/` (production mode) and not from its sources. */
export function runsCompiled(): boolean {
  return import.meta.dirname === join(projectRoot(), 'dist');
}
