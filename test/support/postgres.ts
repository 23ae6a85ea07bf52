import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';
import { openDatabase } from '../../db/database.ts';

/** The migrated, empty database that every test's own database is a copy of; nobody may stay connected to it. */
export const templateDatabase = 'tenure_template';

/** As that, with the playbooks of the repository published. */
export const publishedDatabase = 'tenure_published';

/** A database of the test's own, migrated and empty; `drop` it when done, or leave it to the end of the run. */
export type TestDatabase = { url: string; drop(): Promise<void> };

/** Makes a test its own database out of one of the two above, in some 30 ms. */
export async function createTestDatabase(template = templateDatabase): Promise<TestDatabase> {
  if (template === publishedDatabase) await makePublished();
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  await asAdmin((sql) => sql`create database ${sql(name)} template ${sql(template)} strategy file_copy`);
  return { url: urlOf(name), drop: () => asAdmin((sql) => sql`drop database if exists ${sql(name)} with (force)`) };
}

// Made by the first test that asks, for the whole run: a run without such a test does not pay for it.
async function makePublished(): Promise<void> {
  await asAdmin(async (sql) => {
    await sql`select pg_advisory_lock(72001)`;
    const [found] = await sql`select 1 from pg_database where datname = ${publishedDatabase}`;
    if (found) return;
    const draft = `${publishedDatabase}_draft`;
    await sql`drop database if exists ${sql(draft)} with (force)`;
    await sql`create database ${sql(draft)} template ${sql(templateDatabase)} strategy file_copy`;
    const database = openDatabase(urlOf(draft), { max: 2 });
    try {
      // Loaded when it is needed: it brings the template compilers, which few tests want.
      const { publishShipped } = await import('../../playbooks/publish/publish-shipped.ts');
      // What cannot be published fails in the test of the shipped playbooks.
      await publishShipped(database.db, { now: new Date(0), onInvalid: () => undefined });
    } finally {
      await database.close();
    }
    await sql`alter database ${sql(draft)} rename to ${sql(publishedDatabase)}`;
  });
}

function urlOf(database: string): string {
  const url = new URL(inject('postgresAdminUrl'));
  url.pathname = `/${database}`;
  return url.href;
}

async function asAdmin(work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(inject('postgresAdminUrl'), { max: 1, onnotice: () => undefined });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 2 });
  }
}
