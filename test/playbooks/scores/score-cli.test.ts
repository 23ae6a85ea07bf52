import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../../temporal-config/root.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'tenure-score-'))));
afterAll(() => rm(folder, { recursive: true }));

type Ran = { code: number; stdout: string; stderr: string };
const score = (...args: string[]) =>
  new Promise<Ran>((resolve) =>
    execFile('npm', ['run', '--silent', 'score', '--', ...args], { cwd: projectRoot() }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    ),
  );
async function file(inputs: unknown, name: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof inputs === 'string' ? inputs : JSON.stringify(inputs));
  return path;
}

describe.concurrent('npm run score', () => {
  test('with --json prints one object with exactly the keys of the interface', async () => {
    const inputs = await file({ daily_active_rate: 30, payment_health: 0 }, 'two.json');
    const { code, stdout } = await score('--model', '002.health.score', '--inputs', inputs, '--json');
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as { contributions: object[] };
    expect(Object.keys(result)).toEqual(['model', 'version', 'score', 'band', 'confidence', 'contributions']);
    expect(result).toMatchObject({
      model: '002.health.score',
      version: 1,
      score: 25.714285714,
      band: 'high',
      confidence: 0.3,
    });
    expect(result.contributions.map((one) => Object.keys(one))).toEqual([
      ['metric', 'value', 'weight', 'points'],
      ['metric', 'value', 'weight', 'points'],
    ]);
  });

  test('prints a table for people, and describes what a model reads', async () => {
    const inputs = await file({ decisions_per_week: 9, team_participation: 90 }, 'light.json');
    const table = await score('--model', '000.health-score', '--inputs', inputs);
    expect(table.stdout).toMatch(/^000\.health-score v1: –  green  \(100 % known\)\n  decisions_per_week/);
    const described = await score('--model', '001.health.score', '--describe');
    const model = JSON.parse(described.stdout) as { inputs: Record<string, object>; bands: { id: string }[] };
    expect(model.inputs.npsScore).toMatchObject({ unit: '0–10', value: 'a number from 0 to 10', range: [0, 10] });
    expect(model.inputs.performance).toMatchObject({ value: 'one of excellent, good, fair, poor' });
    expect(model.bands.map((band) => band.id)).toEqual(['excellent', 'good', 'fair', 'poor']);
  });

  test('refuses what it cannot read with a sentence and exit code 2', async () => {
    const known = await file({}, 'empty.json');
    const refused: [string[], RegExp][] = [
      [['--model', '002.health.scores', '--inputs', known], /There is no model 002\.health\.scores\. Known: 000/],
      [['--model', '002.health.score', '--inputs', await file({ nps: 3 }, 'unknown.json')], /nps: unknown input/],
      [
        ['--model', '002.health.score', '--inputs', await file({ payment_health: 101 }, 'range.json')],
        /between 0 and 100/,
      ],
      [['--model', '002.health.score'], /usage: npm run/],
      [['--colour'], /usage: npm run/],
    ];
    for (const [args, message] of refused) {
      const { code, stdout, stderr } = await score(...args, '--json');
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(message);
    }
  });
});
