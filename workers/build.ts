import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { buildWorkflowBundle, sourceHash } from '../temporal-config/bundle.ts';
import { projectRoot } from '../temporal-config/root.ts';

const entryPoints: Record<string, string> = { worker: 'workers/worker-main.ts', api: 'api/main.ts' };
const sources = ['workflows', 'activities', 'workers', 'api', 'db', 'playbooks', 'temporal-config'];

/** Builds what production runs into `dist/`: worker.js, api.js, workflows.js and build.json (hash of the sources, build id). */
export async function buildAll(say: (line: string) => void = console.log, root = projectRoot()): Promise<void> {
  const dist = join(root, 'dist');
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  const present = Object.entries(entryPoints).filter(([name, path]) => {
    if (existsSync(join(root, path))) return true;
    say(`dist/${name}.js not built: ${path} is missing`);
    return false;
  });
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(present),
    outdir: dist,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: true,
    logLevel: 'warning',
  });
  const { codePath, buildId } = await buildWorkflowBundle(join(dist, 'workflows.js'), root);
  const sourcesHash = await sourceHash(root, sources);
  await writeFile(join(dist, 'build.json'), `${JSON.stringify({ buildId, sources: sourcesHash }, undefined, 2)}\n`);
  for (const [name] of present) say(`dist/${name}.js`);
  say(`${relative(root, codePath)} (build ${buildId.slice(0, 12)})`);
}

if (process.argv[1] === import.meta.filename) await buildAll();
