import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildWorkflowBundle, sourceHash, workflowBundle } from '../../temporal-config/bundle.ts';
import { projectRoot } from '../../temporal-config/root.ts';
import { buildAll } from '../../workers/build.ts';
import { testClient, withWorker } from '../support/engine.ts';
import { scratchFolder } from './scratch.ts';

function smallProject(): string {
  const root = scratchFolder();
  const files = {
    'package.json': '{"name":"small","type":"module"}',
    'package-lock.json': '{}',
    'workflows/index.ts': "export { greet } from './journeys/greet.ts';",
    'workflows/journeys/greet.ts':
      "import { sleep } from '@temporalio/workflow';\nimport { words } from '../kernel/words.ts';\nimport type { Words } from '../kernel/words.ts';\nexport async function greet(): Promise<Words> { await sleep(1); return words('you'); }",
    'workflows/kernel/words.ts':
      'export type Words = string;\nexport const words = (to: string): Words => `hello ${to}`;',
    'workers/worker-main.ts': "import { projectRoot } from '../temporal-config/root.ts';\nconsole.log(projectRoot());",
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  mkdirSync(join(root, 'temporal-config'));
  cpSync(join(projectRoot(), 'temporal-config', 'root.ts'), join(root, 'temporal-config', 'root.ts'));
  symlinkSync(join(projectRoot(), 'node_modules'), join(root, 'node_modules'));
  return root;
}

describe('the workflow bundle', () => {
  it('resolves relative imports that carry .ts, and runs', async () => {
    const root = smallProject();
    const bundle = await buildWorkflowBundle(join(root, 'out', 'workflows.js'), root);
    const taskQueue = `bundle-${bundle.buildId.slice(0, 8)}-${process.pid}`;
    const client = await testClient();
    const said = await withWorker({ taskQueue, workflowBundle: { codePath: bundle.codePath } }, () =>
      client.workflow.execute('greet', { taskQueue, workflowId: taskQueue }),
    );
    expect(said).toBe('hello you');
  });

  it('is named by its code, wherever and whenever it was built', async () => {
    const [here, there] = [smallProject(), smallProject()];
    const { buildId } = await buildWorkflowBundle(join(here, 'out', 'workflows.js'), here);
    expect((await buildWorkflowBundle(join(there, 'out', 'workflows.js'), there)).buildId).toBe(buildId);
    writeFileSync(
      join(there, 'workflows', 'kernel', 'words.ts'),
      'export const words = (to: string) => `goodbye ${to}`;',
    );
    expect((await buildWorkflowBundle(join(there, 'out', 'workflows.js'), there)).buildId).not.toBe(buildId);
  });

  it('is built again when a source or a dependency changed, and only then', async () => {
    const root = smallProject();
    const first = await sourceHash(root);
    expect(await sourceHash(root)).toBe(first);
    writeFileSync(join(root, 'workflows', 'kernel', 'words.ts'), 'export const words = () => 1;');
    const second = await sourceHash(root);
    writeFileSync(join(root, 'package-lock.json'), '{"lockfileVersion":3}');
    expect(new Set([first, second, await sourceHash(root)]).size).toBe(3);
  });

  it('of the product is built once and then taken from the cache', async () => {
    const cacheDir = scratchFolder();
    const first = await workflowBundle({ cacheDir });
    const again = await workflowBundle({ cacheDir });
    expect(again).toEqual(first);
    expect(readdirSync(join(cacheDir, 'bundles'))).toHaveLength(1);
    // Every cached run evaluates all of it anew: schemas cost it ten times the memory of the kernel.
    expect(readFileSync(first.codePath, 'utf8').split('\n//# sourceMappingURL')[0]).not.toContain('node_modules/zod/');
  });
});

describe('the production build', () => {
  it('makes entry points that find the project from dist, a bundle and a note of both, and names what is missing', async () => {
    const root = smallProject();
    const said: string[] = [];
    await buildAll((line) => said.push(line), root);
    expect(readdirSync(join(root, 'dist')).sort()).toEqual([
      'build.json',
      'worker.js',
      'worker.js.map',
      'workflows.js',
    ]);
    expect(said[0]).toBe('dist/api.js not built: api/main.ts is missing');
    const note = JSON.parse(readFileSync(join(root, 'dist', 'build.json'), 'utf8')) as Record<string, string>;
    expect(note.buildId).toBe((await buildWorkflowBundle(join(root, 'out', 'workflows.js'), root)).buildId);
    expect(note.sources).toMatch(/^[0-9a-f]{32}$/);
    const printed = execFileSync(process.execPath, [join(root, 'dist', 'worker.js')], { encoding: 'utf8', cwd: '/' });
    expect(printed.trim()).toBe(root);
  });
});
