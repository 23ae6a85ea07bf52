import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { migrateDatabase } from '../../db/migrate.ts';
import { startEphemeralEngine } from '../../temporal-config/ephemeral.ts';
import { createScratchPostgres } from '../../temporal-config/postgres.ts';
import { workflowBundle } from '../../temporal-config/bundle.ts';
import { projectRoot } from '../../temporal-config/root.ts';
import { templateDatabase } from './postgres.ts';

declare module 'vitest' {
  /** What the run's one engine and one database are reached by. */
  export interface ProvidedContext {
    engine: { address: string; namespace: string };
    postgresAdminUrl: string;
  }
}

/** One engine with skipped time and one scratch Postgres for the whole run; they end with it, however it ends. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const progress = (line: string) => console.error(line);
  const [engine, postgres] = await Promise.allSettled([
    startEphemeralEngine({ progress }),
    scratchPostgres(),
    // Its file is what the workers of all tests run.
    workflowBundle(),
  ]);
  if (engine.status === 'rejected' || postgres.status === 'rejected') {
    for (const part of [engine, postgres]) if (part.status === 'fulfilled') await part.value.stop();
    throw engine.status === 'rejected' ? engine.reason : (postgres as PromiseRejectedResult).reason;
  }
  const { address, namespace } = engine.value;
  project.provide('engine', { address, namespace });
  project.provide('postgresAdminUrl', postgres.value.adminUrl);
  return async () => {
    await Promise.all([engine.value.stop(), postgres.value.stop()]);
  };
}

async function scratchPostgres() {
  const scratch = await createScratchPostgres();
  try {
    await migrateDatabase(
      await scratch.createDatabase(undefined, templateDatabase),
      join(projectRoot(), 'db', 'migrations'),
    );
    return scratch;
  } catch (error) {
    await scratch.stop();
    throw error;
  }
}
