import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../temporal-config/root.ts';
import { trialPersona } from '../e2e/personas.ts';
import { scenarios } from './scenarios.ts';

const folder = join(projectRoot(), 'test', 'replay', 'histories');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

/** All text of a recorded history, payloads decoded. */
function decoded(value: unknown): string {
  if (typeof value === 'string') return `${value}\n${Buffer.from(value, 'base64').toString('utf8')}`;
  if (value && typeof value === 'object') return Object.values(value).map(decoded).join('\n');
  return '';
}

it('every scenario has its history, and a chain its last run too', () => {
  const recorded = new Set(files.map((name) => name.split('__')[1]));
  for (const { name, continueEvery } of scenarios) {
    expect(recorded).toContain(name);
    if (continueEvery) expect(recorded).toContain(`${name}-last`);
  }
});

it.each(files)('%s is small and holds nothing of the person that it is about', (name) => {
  expect(statSync(join(folder, name)).size).toBeLessThan(150 * 1024);
  const text = decoded(JSON.parse(readFileSync(join(folder, name), 'utf8')));
  expect(text).toContain('"journeyId"');
  const { account, contacts } = trialPersona();
  const [{ name: person, email, phone }] = contacts as unknown as [{ name: string; email: string; phone: string }];
  for (const word of [String(account.name), ...person.split(' '), email, phone])
    expect(text.includes(word), word).toBe(false);
});
