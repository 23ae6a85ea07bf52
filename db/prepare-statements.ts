import type postgres from 'postgres';

type Unsafe = postgres.Sql['unsafe'];
type Work = (tx: postgres.TransactionSql) => unknown;

/** Statements with more parameters than this differ from call to call and are not worth keeping. */
const MOST_PARAMETERS = 48;

/**
 * Makes every statement of the query builder a prepared one, kept by its connection: it is sent once in one write and answered in one round trip,
 * where the driver otherwise parses and describes it anew each time (two writes, two round trips; a third of the cost of starting a journey).
 */
export function prepareStatements(sql: postgres.Sql): void {
  sql.unsafe = preparing(sql.unsafe);
  const begin = sql.begin.bind(sql) as (...given: unknown[]) => Promise<unknown>;
  const prepared = (...given: unknown[]) => begin(...inside(given));
  sql.begin = prepared as typeof sql.begin;
}

function inside(given: unknown[]): unknown[] {
  const work = given.at(-1) as Work;
  return [...given.slice(0, -1), (tx: postgres.TransactionSql) => work(within(tx))];
}

function within(tx: postgres.TransactionSql): postgres.TransactionSql {
  tx.unsafe = preparing(tx.unsafe);
  const savepoint = tx.savepoint.bind(tx) as (...given: unknown[]) => Promise<unknown>;
  tx.savepoint = ((...given: unknown[]) => savepoint(...inside(given))) as typeof tx.savepoint;
  return tx;
}

const preparing = (unsafe: Unsafe): Unsafe =>
  ((text: string, parameters: Parameters<Unsafe>[1] = [], options?: Parameters<Unsafe>[2]) =>
    unsafe(text, parameters, {
      ...options,
      prepare: parameters.length > 0 && parameters.length <= MOST_PARAMETERS,
    })) as Unsafe;
