import { getTableColumns, sql } from 'drizzle-orm';
import type { InferSelectModel, SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';

/** Whole rows of a table as one value of a larger statement, read as a query of their own would read them. */
export function rowsOf<T extends PgTable>(
  table: T,
  by: { where: SQL | undefined; order: SQL; limit?: number },
): SQL<InferSelectModel<T>[]> {
  const columns = Object.entries(getTableColumns(table));
  const values = sql.join(
    columns.map(([, column]) => sql`${column}`),
    sql`, `,
  );
  const read = (rows: unknown[][]) =>
    rows.map((row) =>
      Object.fromEntries(
        columns.map(([name, column], i) => [name, row[i] === null ? null : column.mapFromDriverValue(row[i])]),
      ),
    );
  const rows =
    by.limit === undefined
      ? sql`${table} where ${by.where}`
      : sql`(select * from ${table} where ${by.where} order by ${by.order} limit ${sql.raw(String(by.limit))}) ${table}`;
  return sql`(select coalesce(jsonb_agg(jsonb_build_array(${values}) order by ${by.order}), '[]') from ${rows})`.mapWith(
    read as (rows: unknown[][]) => InferSelectModel<T>[],
  ) as SQL<InferSelectModel<T>[]>;
}
