import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Database } from '../db/database.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { publishShipped } from '../playbooks/publish/publish-shipped.ts';
import { projectRoot } from '../temporal-config/root.ts';
import { ensureSchedules } from '../temporal-config/schedules.ts';
import type { ScheduleTimes } from '../temporal-config/schedules.ts';
import { ensureSearchAttributes } from '../temporal-config/search-attributes.ts';

/** Brings a database to today's schema; any number of processes may do so at once. */
export const migrate = (databaseUrl: string): Promise<void> =>
  migrateDatabase(databaseUrl, join(projectRoot(), 'db', 'migrations'));

/** Publishes what is shipped and registers what the engine must know, before the first worker polls; repeating it changes nothing. */
export async function prepareServers(parts: {
  database: Database;
  client: Client;
  taskQueue: string;
  schedules: ScheduleTimes;
}): Promise<void> {
  const { database, client, taskQueue, schedules } = parts;
  await publishShipped(database.db, { now: new Date() });
  await ensureSearchAttributes(client.connection, client.options.namespace);
  await ensureSchedules(client, taskQueue, schedules);
}
