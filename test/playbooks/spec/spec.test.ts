import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readShipped, shippedFiles } from '../../../playbooks/publish/read-shipped.ts';
import { readSpec } from '../../../playbooks/spec/read-spec.ts';

describe('the specification’s ids', () => {
  const entries = readSpec();

  it('are all there once, in order', () => {
    const ids = readFileSync('playbooks/spec/ids.txt', 'utf8').trim().split('\n');
    expect(entries.map((entry) => entry.id)).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual([...ids].sort());
  });

  it('say how they are fulfilled and which test shows it, or that they are not yet', () => {
    for (const { id, by, name, test } of entries) {
      expect(by === 'not yet', id).toBe(name === null);
      expect(by === 'not yet', id).toBe(test === null);
    }
  });

  it.each(entries.filter((entry) => entry.test !== null))('$id is shown by a test that exists', ({ test }) => {
    const [file, name] = test!.split('#') as [string, string | undefined];
    expect(existsSync(file), file).toBe(true);
    if (name !== undefined) expect(readFileSync(file, 'utf8')).toContain(name);
  });

  it('agree with what every playbook says it fulfils', async () => {
    const byPlaybook = entries.filter((entry) => entry.by === 'playbook');
    const said: { id: string; by: string }[] = [];
    for (const { id } of await shippedFiles())
      said.push(...(await readShipped(id)).fulfils.map((one) => ({ id: one, by: id })));
    // Several playbooks may have a part in one id; the catalogue names the one whose test shows it.
    for (const { id, name } of byPlaybook) expect(said, id).toContainEqual({ id, by: name });
    expect(said.map(({ id }) => id).filter((id) => entries.find((entry) => entry.id === id)!.by === 'not yet')).toEqual(
      [],
    );
  });
});
