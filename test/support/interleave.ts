import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';

/** Waits until this work is done, or so many sessions of its database wait for a lock that somebody else holds. */
export async function doneOrBlocked(
  database: Pick<Database, 'db'>,
  work: Promise<unknown>,
  sessions = 1,
): Promise<void> {
  let done = false;
  const end = () => void (done = true);
  work.then(end, end);
  for (let k = 0; k < 2_000 && !done; k++) {
    const waiting = await database.db.execute(sql`
      select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    if (waiting.length >= sessions) return;
    await delay(5);
  }
}

/** A way to a database on which every answer takes up to `mostMs` longer, so that transactions which begin together meet in ever other orders. */
export async function slowWayTo(url: string, mostMs: number): Promise<{ url: string; close(): void }> {
  const to = new URL(url);
  const { hostname, port } = to;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) sockets.add(socket.setNoDelay(true).on('error', () => undefined));
    near.pipe(far).on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    let last = Promise.resolve();
    far.on('data', (answer) => {
      last = last.then(() => delay(Math.random() * mostMs)).then(() => void near.write(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  to.hostname = '127.0.0.1';
  to.port = String((server.address() as AddressInfo).port);
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { url: to.href, close };
}
