import { drizzle } from 'drizzle-orm/postgres-js';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { prepareStatements } from './prepare-statements.ts';
import * as schema from './schema/index.ts';

export type Db = PostgresJsDatabase<typeof schema>;
/** Inside a transaction of {@link Db}: the same queries, and no way to leave it. */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0];
export type Database = { db: Db; sql: postgres.Sql; close(): Promise<void> };

// As it is published, the driver ends the process, hangs, or mixes up answers once a connection is lost (docs/decisions/0018).
if (!('survivesLoss' in postgres))
  throw new Error('The Postgres driver lacks its patch (db/patches): run `npm ci`, with the scripts of this package');

/** Opens a pool on a Postgres URL. Statements end after 10 s, so that a dead database is an error and not a wait. */
export function openDatabase(url: string, options: { max?: number; name?: string } = {}): Database {
  const sql = postgres(url, {
    max: options.max ?? 10,
    connect_timeout: 10,
    // By default a pool that lost its server lets queries wait up to 20 s for the next try, and longer than the outage.
    backoff: () => 0.1 + Math.random() * 0.2,
    idle_timeout: 60,
    onnotice: () => undefined,
    connection: {
      application_name: options.name ?? 'tenure',
      statement_timeout: 10_000,
      idle_in_transaction_session_timeout: 15_000,
      TimeZone: 'UTC',
    },
  });
  prepareStatements(sql);
  return { db: drizzle(sql, { schema }), sql, close: () => sql.end({ timeout: 5 }) };
}
