import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { projectRoot } from '../../temporal-config/root.ts';

/** A folder of the running test's own, deleted when it ends. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs `orphan.ts` as a process of its own and reads what it told; it is killed when the test ends. */
export async function startOrphan(
  ...args: string[]
): Promise<{ parent: ChildProcess; told: Record<string, string | number> }> {
  const script = join(projectRoot(), 'test', 'temporal-config', 'orphan.ts');
  const parent = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    cwd: projectRoot(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  return { parent, told: JSON.parse(line) as Record<string, string | number> };
}
