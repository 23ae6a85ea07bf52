import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
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

/** Builds when `dist/` is not of these sources; of several processes that find it stale one builds and the others wait. */
export async function buildWhenStale(say: (line: string) => void = console.log, root = projectRoot()): Promise<void> {
  if (await isCurrent(root)) return;
  const lock = join(root, 'node_modules', '.cache', 'tenure-build.lock');
  await mkdir(join(lock, '..'), { recursive: true });
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(200)) {
    const mine = await mkdir(lock).then(
      () => true,
      () => false,
    );
    if (!mine) {
      const age = Date.now() - (await stat(lock).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
      if (age > 60_000) await rm(lock, { recursive: true, force: true });
      continue;
    }
    try {
      if (!(await isCurrent(root))) await buildAll(say, root);
      return;
    } finally {
      await rm(lock, { recursive: true, force: true });
    }
  }
  throw new Error(`another build holds ${lock}: remove it when no build runs`);
}

async function isCurrent(root: string): Promise<boolean> {
  const built = await readFile(join(root, 'dist', 'build.json'), 'utf8').catch(() => undefined);
  return (
    built !== undefined && (JSON.parse(built) as { sources?: string }).sources === (await sourceHash(root, sources))
  );
}

if (process.argv[1] === import.meta.filename)
  await (process.argv.includes('--when-stale') ? buildWhenStale() : buildAll());
