import type postgres from 'postgres';

type Lost = { by?: unknown };
type Work = (tx: postgres.TransactionSql) => unknown;

/** What the server or the socket says when a connection is gone, or goes in this moment. */
const GONE = /^(CONNECTION_CLOSED|ECONNRESET|EPIPE|ETIMEDOUT|57P01|57P02|25P03)$/;

// postgres.js 3.4 goes on writing to a connection that a transaction has lost (its issues 1154, 1155, 1208): an error that nobody can catch
// ends the process, or the rest of the work runs outside of any transaction once that connection is back.
/** Makes a transaction that loses its connection fail, and run no further statement. */
export function guardTransactions(sql: postgres.Sql): void {
  const begin = sql.begin.bind(sql) as (options: string, work: Work) => Promise<unknown>;
  const guarded = async (...given: [Work] | [string, Work]) => {
    const [options, work] = given.length === 1 ? ['', given[0]] : given;
    const lost: Lost = {};
    const running = begin(options, (tx) => untilGone(Promise.resolve(work(guard(tx, lost))), lost));
    running.catch((error: unknown) => void (lost.by = error));
    return running;
  };
  sql.begin = guarded as typeof sql.begin;
}

function guard(tx: postgres.TransactionSql, lost: Lost): postgres.TransactionSql {
  const check = () => {
    if (lost.by !== undefined) throw lost.by;
  };
  return new Proxy(tx, {
    apply(target, self, args) {
      check();
      return Reflect.apply(target as never, self, args) as unknown;
    },
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name === 'unsafe')
        return (...args: unknown[]) => {
          check();
          return Reflect.apply(value as never, target, args) as unknown;
        };
      if (name === 'savepoint')
        return async (...args: unknown[]) => {
          check();
          const work = args.pop() as Work;
          const inner: Work = (nested) => untilGone(Promise.resolve(work(guard(nested, lost))), lost);
          return Reflect.apply(value as never, target, [...args, inner]) as Promise<unknown>;
        };
      return value;
    },
  });
}

/** So long the closing of the connection may be in coming after a statement has announced it. */
const ANNOUNCED_MS = 250;

// Whoever rejects here makes the driver write a rollback. The transaction itself fails by the closing of its connection, which such errors announce;
// when it does not close after all, the error was of something else and the rollback is right.
function untilGone<T>(work: Promise<T>, lost: Lost): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const failed = (error: Error) => {
      if (isGone(error)) setTimeout(() => lost.by === undefined && reject(error), ANNOUNCED_MS);
      else reject(error);
    };
    void work.then(resolve, failed);
  });
}

function isGone(error: unknown): boolean {
  for (let e = error as { code?: unknown; cause?: unknown } | undefined; e; e = e.cause as typeof e)
    if (typeof e.code === 'string' && GONE.test(e.code)) return true;
  return false;
}
