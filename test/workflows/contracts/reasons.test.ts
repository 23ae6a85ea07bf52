import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { reasons, sentenceFor } from '../../../workflows/contracts/reasons.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const filesUnder = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'));

/** Every word that stands where a reason does: `reason: 'x'`, `reason = 'x'`, and the kernel's `finish(…, 'outcome', 'x')`. */
function reasonsInCode(text: string): string[] {
  const named = [...text.matchAll(/\breason(?:: | = )'([a-z]+(?:-[a-z]+)*)'/g)].map((m) => m[1]!);
  const finished = [...text.matchAll(/finish\([^\n]*?, '[a-z]+', '([a-z]+(?:-[a-z]+)*)'/g)].map((m) => m[1]!);
  return [...named, ...finished];
}

function reasonsInPlaybook(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(reasonsInPlaybook);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    ['reason', 'conditionReason', 'silent'].includes(key) && typeof inner === 'string'
      ? [inner]
      : reasonsInPlaybook(inner),
  );
}

describe('reasons', () => {
  it('has words for every reason that the code gives', () => {
    const used = ['activities/deliver', 'activities/arbiter', 'workflows/kernel'].flatMap((folder) =>
      filesUnder(folder, '.ts').flatMap(reasonsInCode),
    );
    expect(new Set(used).size).toBeGreaterThan(15);
    expect([...new Set(used)].filter((reason) => !Object.hasOwn(reasons, reason))).toEqual([]);
  });

  it('has words for every reason that a shipped playbook gives', () => {
    const used = filesUnder('playbooks', '.yaml').flatMap((text) =>
      reasonsInPlaybook((parse(text) as { stages?: unknown }).stages),
    );
    expect(used.length).toBeGreaterThan(5);
    expect([...new Set(used)].filter((reason) => !Object.hasOwn(reasons, reason))).toEqual([]);
  });

  it('spells out a reason that only a playbook knows', () => {
    expect(sentenceFor('too-many-cooks')).toBe('Too many cooks.');
    expect(sentenceFor('constructor')).toBe('Constructor.');
  });
});
