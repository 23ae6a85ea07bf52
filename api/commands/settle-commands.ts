import type { FastifyBaseLogger } from 'fastify';
import type { Db } from '../../db/database.ts';
import { startingBulks } from '../../db/queries/bulk/read-bulk.ts';
import { unansweredCommands } from '../../db/queries/commands/read-command.ts';
import type { CommandIssuer } from './issue-command.ts';

type Settling = {
  db: Db;
  issuer: CommandIssuer;
  startBulk: (id: string) => Promise<void>;
  clock: () => number;
  log: Pick<FastifyBaseLogger, 'warn'>;
  everyMs?: number;
  afterMs?: number;
};

const BATCH = 20;

/**
 * Asks again about commands whose answer never came, with the same id, until it is known whether they were applied, and starts
 * bulk commands that the engine could not take.
 * Several processes may do so at once: an id is applied once.
 */
export function startSettling({ db, issuer, startBulk, clock, log, everyMs = 5000, afterMs = 15_000 }: Settling): {
  stop(): Promise<void>;
  pass(): Promise<number>;
} {
  let stopped = false;
  let mark: Date | undefined;
  let running: Promise<unknown> = Promise.resolve();

  const pass = async (): Promise<number> => {
    const rows = await unansweredCommands(db, { before: new Date(clock() - afterMs), after: mark, limit: BATCH });
    mark = rows.length === BATCH ? rows.at(-1)!.receivedAt : undefined;
    let settled = 0;
    for (const row of rows) if (!stopped && (await issuer.resend(row))) settled += 1;
    for (const bulk of await startingBulks(db, new Date(clock() - afterMs), BATCH)) await startBulk(bulk.id);
    return settled;
  };
  const begin = () => void (running = tick());
  const tick = async (): Promise<void> => {
    try {
      await pass();
    } catch (error) {
      log.warn({ error: (error as Error).name }, 'commands without an answer could not be settled now');
    }
    if (!stopped) timer = setTimeout(begin, everyMs).unref();
  };
  let timer = setTimeout(begin, everyMs).unref();
  return {
    pass,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
