import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openDatabase } from '../../../db/database.ts';
import type { Database } from '../../../db/database.ts';
import { insertTemplate } from '../../../db/queries/playbooks/insert-template.ts';
import { listPlaybooks } from '../../../db/queries/playbooks/list-playbooks.ts';
import { playbookVersions } from '../../../db/queries/playbooks/playbook-versions.ts';
import { readAllTemplates } from '../../../db/queries/playbooks/read-all-templates.ts';
import { readPlaybook } from '../../../db/queries/playbooks/read-playbook.ts';
import { readTemplate } from '../../../db/queries/playbooks/read-template.ts';
import { loadPlaybook } from '../../../playbooks/load-playbook.ts';
import { publish } from '../../../playbooks/publish/publish.ts';
import { shippedFiles } from '../../../playbooks/publish/read-shipped.ts';
import { compileShipped, publishShipped } from '../../../playbooks/publish/publish-shipped.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { smallPlaybook } from '../fixture.ts';

const now = new Date('2026-03-02T10:00:00Z');
let test: TestDatabase;
let database: Database;
beforeAll(async () => {
  test = await createTestDatabase();
  database = openDatabase(test.url, { max: 8 });
  await publishShipped(database.db, { now });
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

const titled = (id: string, title: string) => stringify({ ...smallPlaybook(), id, title });
const publishText = (source: string) => publish(database.db, { source, by: 'tester', now });

describe('publishing', () => {
  it('publishes everything that is shipped, once, however often it runs', async () => {
    const again = await publishShipped(database.db, { now: new Date('2027-01-01T00:00:00Z') });
    const shipped = (await shippedFiles()).map(({ id }) => ({ id, version: 1, created: false }));
    expect(shipped.length).toBeGreaterThan(20);
    expect(again).toEqual(shipped);
    expect((await readPlaybook(database.db, '002.trial'))?.publishedAt).toEqual(now);
    expect((await readAllTemplates(database.db)).length).toBe((await compileShipped()).length);
  });

  it('gives new content the next version and answers known content with its own', async () => {
    expect(await publishText(titled('901.versions', 'One'))).toEqual({ id: '901.versions', version: 1, created: true });
    expect(await publishText(titled('901.versions', 'Two'))).toEqual({ id: '901.versions', version: 2, created: true });
    expect(await publishText(`# a comment\n${titled('901.versions', 'One')}`)).toEqual({
      id: '901.versions',
      version: 1,
      created: false,
    });
    expect((await playbookVersions(database.db, '901.versions')).map((row) => row.version)).toEqual([2, 1]);
    expect((await readPlaybook(database.db, '901.versions'))?.playbook.title).toBe('Two');
    expect((await readPlaybook(database.db, '901.versions', 1))?.playbook.title).toBe('One');
    expect((await listPlaybooks(database.db)).find((row) => row.id === '901.versions')?.version).toBe(2);
  });

  it('makes one version of ten publications of the same content at once', async () => {
    const published = await Promise.all(Array.from({ length: 10 }, () => publishText(titled('902.race', 'Race'))));
    expect(published.map((one) => one.version)).toEqual(Array(10).fill(1));
    expect(published.filter((one) => one.created)).toHaveLength(1);
  });

  it('refuses what is wrong with every problem, and keeps nothing of it', async () => {
    const broken = stringify({ ...smallPlaybook(), id: '903.broken', trigger: { event: 'nothing' }, moves: 'nowhere' });
    await expect(publishText(broken)).rejects.toMatchObject({
      code: 'invalid-playbook',
      details: { problems: [{ path: 'moves' }, { path: 'trigger.event' }] },
    });
    expect(await readPlaybook(database.db, '903.broken')).toBeUndefined();
  });

  it('keeps published versions in memory, and knows none that is not there', async () => {
    const first = await loadPlaybook(database.db, '002.trial', 1);
    expect(await loadPlaybook(database.db, '002.trial', 1)).toBe(first);
    expect(await loadPlaybook(database.db, '002.trial', 99)).toBeUndefined();
  });

  it('gives a template’s new copy the next minor, and reads the newest of its major', async () => {
    const [compiled] = await compileShipped();
    const { id, major } = compiled!;
    const next = { ...compiled!, sha256: 'other', parts: { ...compiled!.parts, text: 'New copy' } };
    expect(await insertTemplate(database.db, { compiled: compiled!, now })).toEqual({
      id,
      major,
      minor: 0,
      created: false,
    });
    expect(await insertTemplate(database.db, { compiled: next, now })).toEqual({ id, major, minor: 1, created: true });
    expect(await insertTemplate(database.db, { compiled: { ...next, major: 2 }, now })).toMatchObject({
      major: 2,
      minor: 0,
    });
    expect(await readTemplate(database.db, id, major)).toMatchObject({
      minor: 1,
      compiled: { parts: { text: 'New copy' } },
    });
    expect(await readTemplate(database.db, id, 3)).toBeUndefined();
  });
});
