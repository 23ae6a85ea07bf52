import { Param, Placeholder, SQL, getTableColumns, is, sql } from 'drizzle-orm';
import type { InferInsertModel } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/postgres-js';
import type { Db, Tx } from './database.ts';

type Prepared<T> = { execute(): Promise<T>; params: unknown[] };
type Builder<T> = { prepare(name: string): { execute(): Promise<T> } };
type Session = {
  client: unknown;
  prepareQuery(query: unknown, fields: undefined, name: undefined, arrays: false): unknown;
};
type Inside = { _: { session: Session }; execute(query: SQL): { getQuery(): unknown } };

/**
 * A statement that is built once, not at each call: for those of starts, commands and touches, where building them costs more than all else.
 * What differs from call to call is a `sql.placeholder`, given by its name (null where it is not given); it runs on any database or transaction.
 */
export function statement<T>(
  build: (db: Db) => Builder<T> | SQL<T>,
): (on: Db | Tx, values: Record<string, unknown>) => Promise<T> {
  let built: Prepared<T> | undefined;
  return (on, values) => {
    built ??= prepared(build);
    const { client } = (on as unknown as Inside)._.session;
    const params = built.params.map((param) => valueOf(param, values));
    return (Object.create(built, { client: { value: client }, params: { value: params } }) as Prepared<T>).execute();
  };
}

/** A whole row to insert by a {@link statement}: a placeholder for each column, and what stands for those that are not given. */
export function wholeRow<T extends PgTable>(table: T): { values: InferInsertModel<T>; empty: Record<string, unknown> } {
  const columns = Object.entries(getTableColumns(table));
  return {
    values: Object.fromEntries(columns.map(([name]) => [name, sql.placeholder(name)])) as InferInsertModel<T>,
    empty: Object.fromEntries(columns.map(([name, column]) => [name, column.default ?? null])),
  };
}

function prepared<T>(build: (db: Db) => Builder<T> | SQL<T>): Prepared<T> {
  const nowhere = drizzle.mock() as unknown as Inside;
  const query = build(nowhere as unknown as Db);
  if (!is(query, SQL)) return query.prepare('') as unknown as Prepared<T>;
  const text = nowhere.execute(query).getQuery();
  return nowhere._.session.prepareQuery(text, undefined, undefined, false) as Prepared<T>;
}

function valueOf(param: unknown, values: Record<string, unknown>): unknown {
  if (is(param, Placeholder)) return values[param.name as string] ?? null;
  if (!is(param, Param) || !is(param.value, Placeholder)) return param;
  const value = values[param.value.name as string] ?? null;
  return value === null ? null : param.encoder.mapToDriverValue(value);
}
