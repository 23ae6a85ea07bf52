import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../temporal-config/root.ts';
import { trialPersona } from './personas.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'tenure-cli-'))));
afterAll(() => rm(folder, { recursive: true }));

type Ran = { code: number; stdout: string; stderr: string };
const npm = (...args: string[]) =>
  new Promise<Ran>((resolve) =>
    execFile(
      'npm',
      ['run', '--silent', ...args],
      { cwd: projectRoot(), timeout: 280_000, maxBuffer: 1 << 24 },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    ),
  );
const rehearse = (...args: string[]) => npm('rehearse', '--', ...args);

async function file(persona: unknown, name = 'persona.json'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof persona === 'string' ? persona : JSON.stringify(persona));
  return path;
}

const buysOnDay2 = trialPersona({ events: [{ after: 'P1DT6H', type: 'purchase' }] });

describe.concurrent('npm run rehearse', () => {
  it('with --json prints one object with exactly the keys of the interface', async () => {
    const { code, stdout } = await rehearse('002.trial', '--persona', await file(buysOnDay2), '--json');
    expect(code).toBe(0);
    const story = JSON.parse(stdout) as Record<string, unknown> & {
      entries: Record<string, unknown>[];
      history: Record<string, unknown>;
    };
    expect(Object.keys(story)).toEqual(['playbook', 'version', 'journey', 'outcome', 'entries', 'history']);
    expect(story).toMatchObject({ playbook: '002.trial', version: 1, outcome: 'converted' });
    expect(Object.keys(story.history)).toEqual(['events', 'actions']);
    expect(story.entries.length).toBeGreaterThan(5);
    for (const entry of story.entries) {
      expect(Object.keys(entry)).toEqual([
        'at',
        'offset',
        'stage',
        'step',
        'kind',
        'channel',
        'template',
        'variant',
        'offer',
        'outcome',
        'reason',
      ]);
      expect(new Date(entry.at as string).toISOString()).toBe(entry.at);
      expect(entry.offset).toMatch(/^P/);
    }
    expect(story.entries[0]).toMatchObject({
      at: buysOnDay2.start,
      offset: 'PT0S',
      step: 'welcome-email',
      kind: 'message',
      channel: 'email',
      outcome: 'sent',
    });
  });

  it('without --json prints a dated table', async () => {
    const { code, stdout } = await rehearse('002.trial', '--persona', await file(buysOnDay2, 'table.json'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^002\.trial v1 for a persona in America\/New_York/);
    expect(stdout).toMatch(/^1 +2026-03-02 10:00 +PT0S +welcome-email +email personalized_industry_welcome +sent/m);
    expect(stdout).toMatch(/outcome: converted · \d+ history events, \d+ billable actions/);
  });

  it('with --describe --json prints what the playbook reads', async () => {
    const { code, stdout } = await rehearse('002.trial', '--describe', '--json');
    expect(code).toBe(0);
    const described = JSON.parse(stdout) as {
      playbook: string;
      facts: object;
      metrics: object;
      events: Record<string, object>;
      steps: unknown[];
    };
    expect(described.playbook).toBe('002.trial');
    expect(Object.keys(described.metrics)).toEqual(expect.arrayContaining(['conversations', 'active_days']));
    expect(Object.keys(described.events)).toEqual(
      expect.arrayContaining(['user_logged_in', 'purchase', 'unsubscribed']),
    );
    expect(Object.keys(described.facts).length).toBeGreaterThan(0);
    expect(described.steps.length).toBeGreaterThan(8);
  });

  it.each([
    [
      'a playbook',
      async () => ['002.trail', '--persona', await file(buysOnDay2, 'p1.json')],
      /no playbook.*Known:.*002\.trial/,
    ],
    [
      'a metric',
      async () => [
        '002.trial',
        '--persona',
        await file({ ...buysOnDay2, metrics: [{ after: 'P1D', name: 'chats', value: 1 }] }, 'p2.json'),
      ],
      /metric "chats".*conversations/,
    ],
    [
      'an event',
      async () => [
        '002.trial',
        '--persona',
        await file({ ...buysOnDay2, events: [{ after: 'P1D', type: 'logged_in' }] }, 'p3.json'),
      ],
      /event "logged_in".*user_logged_in/,
    ],
    ['a field', async () => ['002.trial', '--persona', await file({ ...buysOnDay2, mood: 'good' }, 'p4.json')], /mood/],
    ['a file', async () => ['002.trial', '--persona', join(folder, 'nowhere.json')], /cannot read .*nowhere\.json/],
    ['what is not JSON', async () => ['002.trial', '--persona', await file('{', 'p5.json')], /is not JSON/],
    ['a flag', async () => ['002.trial', '--people'], /Unknown option '--people'[^]*usage: npm run/],
    ['no persona at all', async () => ['002.trial'], /usage: npm run --silent rehearse/],
  ])('refuses %s that it does not know, and says why', async (_name, args, message) => {
    const { code, stdout, stderr } = await rehearse(...(await args()));
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('npm run spec', () => {
  it('with --json prints every id once, built ones with a test that exists', async () => {
    const { code, stdout } = await npm('spec', '--', '--json');
    expect(code).toBe(0);
    const entries = JSON.parse(stdout) as { id: string; by: string; name: string | null; test: string | null }[];
    expect(new Set(entries.map((entry) => entry.id)).size).toBe(entries.length);
    for (const entry of entries) {
      expect(Object.keys(entry)).toEqual(['id', 'by', 'name', 'test']);
      expect([
        'playbook',
        'workflow',
        'routine',
        'score',
        'report',
        'template',
        'checklist',
        'outside',
        'not yet',
      ]).toContain(entry.by);
    }
    const built = entries.filter((entry) => entry.by !== 'not yet');
    expect(built.map((entry) => entry.id)).toEqual(
      expect.arrayContaining(['002.trial', '000.trial-onboarding', '000.onboarding-2week']),
    );
    for (const { test } of built) expect(existsSync(join(projectRoot(), test!.split('#')[0]!)), test!).toBe(true);
  });
});
