import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '../../temporal-config/root.ts';

const By = z.enum(['playbook', 'workflow', 'routine', 'score', 'report', 'template', 'checklist', 'outside']);
const Catalogue = z.record(
  z.string(),
  z.strictObject({ by: By, name: z.string().min(1), test: z.string().regex(/^test\/.+\.test\.ts(#.+)?$/) }),
);

/** How one id of the specification is fulfilled, and the test that shows it. */
export type SpecEntry = { id: string; by: z.infer<typeof By> | 'not yet'; name: string | null; test: string | null };

const text = (name: string) => readFileSync(join(projectRoot(), 'playbooks', 'spec', name), 'utf8');

/** Every id of `ids.txt`, in its order; throws when the catalogue names an id that is not one. */
export function readSpec(): SpecEntry[] {
  const ids = text('ids.txt').split('\n').filter(Boolean);
  const catalogue = Catalogue.parse(parse(text('catalogue.yaml')));
  const stray = Object.keys(catalogue).filter((id) => !ids.includes(id));
  if (stray.length > 0)
    throw new Error(`playbooks/spec/catalogue.yaml names ids that ids.txt does not have: ${stray.join(', ')}`);
  return ids.map((id) => {
    const found = Object.hasOwn(catalogue, id) ? catalogue[id] : undefined;
    return found ? { id, ...found } : { id, by: 'not yet', name: null, test: null };
  });
}
