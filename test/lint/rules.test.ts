import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../temporal-config/root.ts';

const root = projectRoot();
const overrideConfigFile = join(root, 'test', 'eslint.config.js');
const typed = new ESLint({ cwd: root, overrideConfigFile, ignore: false });
const untyped = new ESLint({
  cwd: root,
  overrideConfigFile,
  ignore: false,
  overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }],
});

async function rulesBroken(eslint: ESLint, path: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(root, path) });
  return [...new Set((result?.messages ?? []).map((message) => message.ruleId ?? message.message))];
}

const existing = 'temporal-config/root.ts';

describe('rules that need types', () => {
  it.each([
    ['no-floating-promises', 'async function f() {}\nexport function g() { f(); }'],
    [
      'no-misused-promises',
      'export const f = (list: number[]) => list.forEach(async () => { await Promise.resolve(); });',
    ],
    ['await-thenable', 'export const f = async () => { await 1; };'],
    ['switch-exhaustiveness-check', "export function f(x: 'a' | 'b') { switch (x) { case 'a': return 1; } return 2; }"],
  ])('%s fires', async (rule, code) => {
    expect(await rulesBroken(typed, existing, code)).toContain(`@typescript-eslint/${rule}`);
  });
});

describe('rules of style that hold everywhere', () => {
  it.each([
    ['@typescript-eslint/consistent-type-imports', "import { Stats } from 'node:fs';\nexport type A = Stats;"],
    ['@typescript-eslint/no-explicit-any', 'export const f = (x: any) => x as string;'],
    ['@typescript-eslint/no-unused-vars', 'const x = 1;\nexport const y = 2;'],
    ['eqeqeq', 'export const f = (x: number) => x == 1;'],
    ['no-restricted-properties', 'export const home = process.env.HOME;'],
  ])('%s fires', async (rule, code) => {
    expect(await rulesBroken(untyped, 'workers/sample.ts', code)).toEqual([rule]);
  });

  it('lets only the configuration read the environment', async () => {
    expect(await rulesBroken(untyped, 'temporal-config/config.ts', 'export const home = process.env.HOME;')).toEqual(
      [],
    );
  });

  it('sees a cycle of imports', async () => {
    const code = "import { two } from './two.ts';\nexport const one = (): number => two();\n";
    expect(await rulesBroken(untyped, 'test/lint/fixtures/one.ts', code)).toEqual(['import-x/no-cycle']);
  });
});

const value = (from: string) => `import { x } from '${from}';\nexport const y = x;`;
const type = (from: string) => `import type { X } from '${from}';\nexport type Y = X;`;

describe('import boundaries', () => {
  it.each([
    ['workflows/contracts/a.ts', value('../kernel/kernel.ts')],
    ['workflows/contracts/a.ts', value('luxon')],
    ['workflows/kernel/a.ts', value('@temporalio/workflow')],
    ['workflows/kernel/a.ts', value('../rules/rules.ts')],
    ['workflows/kernel/a.ts', type('../journeys/trial.ts')],
    ['workflows/kernel/a.ts', value('node:crypto')],
    ['workflows/kernel/deep/a.ts', type('../../../activities/ports.ts')],
    ['workflows/rules/a.ts', value('@temporalio/common')],
    ['workflows/rules/a.ts', value('../journeys/trial.ts')],
    ['workflows/journeys/a.ts', value('zod')],
    ['workflows/journeys/a.ts', value('@temporalio/client')],
    ['workflows/journeys/a.ts', value('../../activities/ports.ts')],
    ['workflows/journeys/a.ts', type('../../db/database.ts')],
    ['workflows/index.ts', "export { x } from '../temporal-config/root.ts';"],
    ['db/queries/a.ts', value('../../activities/ports.ts')],
    ['db/queries/a.ts', value('../../workflows/kernel/kernel.ts')],
    ['db/queries/a.ts', value('fastify')],
    ['activities/a.ts', value('../workers/worker.ts')],
    ['activities/a.ts', value('../api/app.ts')],
    ['activities/a.ts', value('../playbooks/publish/publish.ts')],
    ['activities/a.ts', value('../workflows/journeys/trial.ts')],
    ['api/routes/a.ts', value('../../activities/ports.ts')],
    ['api/routes/a.ts', value('../../workers/worker.ts')],
    ['api/routes/a.ts', value('../../workflows/journeys/trial.ts')],
    ['api/routes/a.ts', "export const load = () => import('../../workers/worker.ts');"],
    ['temporal-config/a.ts', value('../db/database.ts')],
  ])('%s is refused: %s', async (path, code) => {
    expect(await rulesBroken(untyped, path, code)).toContain('tenure/boundaries');
  });

  it.each([
    ['workflows/contracts/a.ts', value('zod')],
    ['workflows/kernel/a.ts', value('../contracts/time.ts')],
    ['workflows/kernel/a.ts', type('../rules/rules.ts')],
    ['workflows/rules/a.ts', value('../kernel/kernel.ts')],
    ['workflows/journeys/a.ts', value('@temporalio/workflow')],
    ['workflows/journeys/a.ts', type('../../activities/ports.ts')],
    ['db/queries/a.ts', value('drizzle-orm/postgres-js')],
    ['db/queries/a.ts', value('../../workflows/contracts/time.ts')],
    ['activities/a.ts', value('../db/database.ts')],
    ['api/routes/a.ts', value('../../workflows/messages.ts')],
    ['api/routes/a.ts', type('../../workflows/journeys/trial.ts')],
    ['workers/a.ts', value('../activities/ports.ts')],
  ])('%s is allowed: %s', async (path, code) => {
    expect(await rulesBroken(untyped, path, code)).toEqual([]);
  });
});

describe('purity', () => {
  it.each([
    ['no-restricted-globals', 'export const f = () => Intl.DateTimeFormat();'],
    ['no-restricted-globals', 'export const f = () => setTimeout(f, 1);'],
    ['no-restricted-globals', 'export const f = () => console.log(1);'],
    ['no-restricted-globals', 'export const f = () => process.cwd();'],
    ['no-restricted-globals', 'export const f = () => crypto.randomUUID();'],
    ['no-restricted-properties', 'export const f = () => Date.now();'],
    ['no-restricted-properties', 'export const f = () => Math.random();'],
    ['no-restricted-syntax', 'export const f = () => new Date();'],
    ['no-restricted-syntax', 'export const f = () => Date();'],
    ['no-restricted-syntax', 'export const f = (d: Date) => d.toLocaleString();'],
  ])('%s fires in kernel, rules and contracts: %s', async (rule, code) => {
    for (const folder of ['kernel', 'rules', 'contracts'])
      expect(await rulesBroken(untyped, `workflows/${folder}/deep/a.ts`, code)).toEqual([rule]);
  });

  it('lets pure code compute with dates that it was given', async () => {
    const code = 'export const f = (ms: number) => new Date(ms).toISOString();';
    expect(await rulesBroken(untyped, 'workflows/kernel/a.ts', code)).toEqual([]);
  });

  it('keeps zones and the process out of workflows too, but leaves them their own clock', async () => {
    const code = 'export const f = () => Intl.DateTimeFormat();';
    expect(await rulesBroken(untyped, 'workflows/journeys/a.ts', code)).toEqual(['no-restricted-globals']);
    expect(await rulesBroken(untyped, 'workflows/journeys/a.ts', 'export const f = () => Date.now();')).toEqual([]);
  });
});

describe('time in SQL', () => {
  const sql = (text: string) =>
    `declare const sql: (t: TemplateStringsArray) => string;\nexport const q = sql\`${text}\`;`;

  it.each(['select now()', 'update x set at = NOW ( )', 'select current_timestamp', 'select clock_timestamp()'])(
    'is refused in queries: %s',
    async (text) => {
      expect(await rulesBroken(untyped, 'db/queries/a.ts', sql(text))).toEqual(['no-restricted-syntax']);
    },
  );

  it('is a parameter', async () => {
    expect(await rulesBroken(untyped, 'db/queries/a.ts', sql('select known_at, current_time_zone from x'))).toEqual([]);
  });
});
