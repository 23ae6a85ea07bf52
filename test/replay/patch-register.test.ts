import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../temporal-config/root.ts';

it('every patch id of the workflows is in docs/patches.md, and no other', () => {
  const root = join(projectRoot(), 'workflows');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const used = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/(?:patched|deprecatePatch)\('([^']+)'\)/g)].map((m) => m[1]!),
  );
  const table = readFileSync(join(projectRoot(), 'docs', 'patches.md'), 'utf8');
  const registered = [...table.matchAll(/^\| `([^`]+)`/gm)].map((m) => m[1]!);
  expect([...new Set(used)].sort()).toEqual(registered.sort());
});
