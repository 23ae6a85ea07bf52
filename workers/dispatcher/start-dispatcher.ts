/**
 * Owns what runs are told, and what nobody else does in time: starts without a run, commands without an answer, holds and stops that are over.
 * Invariants: nothing is marked told before the run took it; one account's happenings keep their order; two dispatchers never tell one account at once.
 */
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { createCommandIssuer } from '../../api/commands/issue-command.ts';
import type { Database } from '../../db/database.ts';
import { DELIVERIES_CHANNEL } from '../../db/queries/deliveries/tell-journeys.ts';
import { releaseOverHolds, releaseOverStops } from '../../db/queries/holds/release-over-holds.ts';
import { RELEASE_PER_SECOND } from '../../db/queries/waiters/release-waiters.ts';
import { backOffMs, keepDoing, pause } from '../keep-doing.ts';
import { createBackOff } from './back-off.ts';
import type { BackOff } from './back-off.ts';
import { closeDone } from './close-done.ts';
import { finishStarts, startAgainMs } from './finish-starts.ts';
import { resendCommands } from './resend-commands.ts';
import { tellAccount } from './tell-account.ts';

export type DispatcherParts = {
  database: Database;
  client: Client;
  taskQueue: string;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  clock: () => number;
  /** How many journeys a second holds that are over wake together; default 5. */
  releasePerSecond?: number;
  /** Real ms between two looks without a notice; default 1000. */
  sweepMs?: number;
};
export type Dispatcher = { stop(): Promise<void> };

const LANES = 3;
const REPAIR_EVERY_MS = 2_000;

/** Starts telling runs what happened; `stop` ends it once what is being told has been. */
export async function startDispatcher(parts: DispatcherParts): Promise<Dispatcher> {
  const stopping = new AbortController();
  const wake = createWake(stopping.signal, parts.sweepMs ?? 1_000);
  const later = createBackOff(backOffMs);
  const looked = createBackOff(startAgainMs);
  const listening = parts.database.sql.listen(DELIVERIES_CHANNEL, wake.now, wake.now).catch(() => {
    parts.log.warn({}, 'the dispatcher hears no notices and looks by itself');
    return undefined;
  });
  const lanes = [...Array(LANES).keys()].map(() => loop(async () => tellAll(parts, later, stopping.signal), wake.next));
  const soon = () => pause(REPAIR_EVERY_MS, stopping.signal);
  const starts = loop(async () => finishStarts({ ...parts, looked, now: new Date(parts.clock()) }), soon);
  const issuer = createCommandIssuer(parts);
  let mark: Date | undefined;
  const commands = loop(async () => {
    mark = await resendCommands({ ...parts, issuer }, mark);
  }, soon);

  const perSecond = parts.releasePerSecond ?? RELEASE_PER_SECOND;
  const over = loop(async () => {
    const now = new Date(parts.clock());
    await releaseOverHolds(parts.database.db, { now, perSecond });
    await releaseOverStops(parts.database.db, { now, perSecond });
  }, soon);

  function loop(work: () => Promise<void>, rest: () => Promise<void>): Promise<void> {
    return keepDoing({
      ...{ work, rest, signal: stopping.signal },
      onFailure: (error, failures) => {
        if (failures === 1)
          parts.log.warn({ error: nameOf(error) }, 'the dispatcher waits for the database or the engine');
      },
    });
  }

  return {
    async stop() {
      stopping.abort();
      wake.now();
      await Promise.all([...lanes, starts, commands, over]);
      await (await listening)?.unlisten().catch(() => undefined);
    },
  };
}

/** Tells until there is nothing to tell. */
async function tellAll(parts: DispatcherParts, later: BackOff, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const now = new Date(parts.clock());
    const turn = await tellAccount({ ...parts, now }, later.waiting());
    if (turn.is === 'idle') return;
    if (turn.is === 'told') {
      await closeDone(parts.database, turn.took, now);
      continue;
    }
    later.add(turn.account);
    if (turn.error !== undefined) throw turn.error;
  }
}

/** Notices that come while nobody waits are not lost; without any, the sweep wakes. */
function createWake(stopping: AbortSignal, sweepMs: number) {
  const sleepers = new Set<() => void>();
  let rung = false;
  const now = () => {
    rung = true;
    for (const go of sleepers) go();
  };
  const next = async () => {
    if (!rung && !stopping.aborted)
      await new Promise<void>((resolve) => {
        const go = () => {
          clearTimeout(timer);
          sleepers.delete(go);
          resolve();
        };
        const timer = setTimeout(go, sweepMs);
        sleepers.add(go);
      });
    rung = false;
  };
  return { now, next };
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');
