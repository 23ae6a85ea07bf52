import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { loadConfig, type Config } from './config.ts';
import { projectRoot, runsCompiled } from './root.ts';

/** The workflows as one file for the sandbox; the build id is the sha256 of its code (without its source map). */
export type WorkflowBundle = { codePath: string; buildId: string };

const kept = 10;

/** The prebuilt bundle in production, else the one of the sources as they are, built when they changed (about 1.5 s). */
export async function workflowBundle(config?: Pick<Config, 'cacheDir'>): Promise<WorkflowBundle> {
  const root = projectRoot();
  if (runsCompiled()) return described(join(root, 'dist', 'workflows.js'));
  const folder = join((config ?? loadConfig()).cacheDir, 'bundles');
  const codePath = join(folder, `workflows-${await sourceHash(root)}.js`);
  if (existsSync(codePath)) await utimes(codePath, new Date(), new Date());
  else {
    await buildWorkflowBundle(codePath, root);
    await prune(folder);
  }
  return described(codePath);
}

/** Bundles `workflows/index.ts` (with `workflows/interceptors.ts` when there is one) into a file, written whole or not at all. */
export async function buildWorkflowBundle(codePath: string, root = projectRoot()): Promise<WorkflowBundle> {
  const interceptors = join(root, 'workflows', 'interceptors.ts');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'workflows', 'index.ts'),
    workflowInterceptorModules: existsSync(interceptors) ? [interceptors] : [],
    logger: new DefaultLogger('WARN'),
    // Names of modules are relative to it: the build id says what the code is, not where it was built.
    webpackConfigHook: (webpack) => ({ ...webpack, context: root }),
  });
  await mkdir(join(codePath, '..'), { recursive: true });
  const draft = `${codePath}.${randomUUID()}`;
  await writeFile(draft, code);
  await rename(draft, codePath);
  return described(codePath);
}

/** A hash of all that the bundle is made of: the workflows' sources, the locked dependencies, the SDK. */
export async function sourceHash(root = projectRoot(), folders: readonly string[] = ['workflows']): Promise<string> {
  const hash = createHash('sha256');
  hash.update(createRequire(import.meta.url)('@temporalio/worker/package.json').version as string);
  const files = [join(root, 'package-lock.json')];
  for (const folder of folders.filter((name) => existsSync(join(root, name)))) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    files.push(...entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)));
  }
  for (const file of files.sort()) {
    hash.update(`\0${relative(root, file)}\0`);
    hash.update(await readFile(file).catch(() => ''));
  }
  return hash.digest('hex').slice(0, 32);
}

async function described(codePath: string): Promise<WorkflowBundle> {
  const code = await readFile(codePath, 'utf8').catch(() => {
    throw new Error(`${codePath} is missing: build it with npm run build`);
  });
  // The inline source map at the end holds a random name and the machine's paths.
  const [executed = ''] = code.split('\n//# sourceMappingURL=data:', 1);
  return { codePath, buildId: createHash('sha256').update(executed).digest('hex') };
}

async function prune(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  const aged = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  const old = aged.sort((a, b) => b.at - a.at).slice(kept);
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })));
}
