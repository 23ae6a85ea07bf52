/**
 * Owns what an incident leaves to be done outside its run: notices whose workflow has not begun, and calls that the pager has not taken.
 * Invariants: a notice is begun once, under its own workflow id; a page is told until the pager has taken or refused it.
 */
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Pager } from '../../activities/paging/pager.ts';
import { sendPages } from '../../activities/paging/send-pages.ts';
import type { Database } from '../../db/database.ts';
import { startingBroadcasts } from '../../db/queries/broadcasts/page-of-broadcast.ts';
import { DELIVERIES_CHANNEL } from '../../db/queries/deliveries/tell-journeys.ts';
import { broadcastWorkflowId } from '../../workflows/contracts/incidents.ts';
import type { BroadcastInput } from '../../workflows/contracts/incidents.ts';
import { PRIORITY } from '../../workflows/messages.ts';
import { keepDoing, pause } from '../keep-doing.ts';

export type IncidentParts = {
  database: Database;
  client: Client;
  taskQueue: string;
  pager: Pager;
  publicUrl: string;
  clock: () => number;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Real ms between two looks without a notice; default 1000. */
  sweepMs?: number;
};

const PAGE = 20;
const START_MS = 5_000;
/** A notice that is not done after so long is looked after every minute. */
const LOST_AFTER_MS = 5 * 60_000;
const LOST_EVERY_MS = 60_000;

/** Starts looking after incidents; `stop` ends it once what is being done has been. */
export function startIncidents(parts: IncidentParts): { stop(): Promise<void> } {
  const { database, log, sweepMs = 1_000 } = parts;
  const stopping = new AbortController();
  let wake = new AbortController();
  const ring = () => wake.abort();
  const listening = database.sql.listen(DELIVERIES_CHANNEL, ring).catch(() => undefined);

  let lookAgain = 0;
  const running = keepDoing({
    signal: stopping.signal,
    work: async () => {
      wake = new AbortController();
      const looks = performance.now() >= lookAgain;
      if (looks) lookAgain = performance.now() + LOST_EVERY_MS;
      const linkOf = () => `${parts.publicUrl.replace(/\/$/, '')}/status`;
      // Beside each other: people are called while the engine is away, and notices begin while the pager is silent.
      const done = await Promise.allSettled([
        beginNotices(parts, looks ? new Date(parts.clock() - LOST_AFTER_MS) : undefined),
        sendPages({ ...parts, db: database.db, linkOf }),
      ]);
      for (const one of done) if (one.status === 'rejected') throw one.reason;
    },
    rest: () => pause(sweepMs, AbortSignal.any([wake.signal, stopping.signal])),
    onFailure: (error, failures) => {
      if (failures === 1) log.warn({ error: (error as Error).name }, 'incidents wait for the database or the engine');
    },
  });
  return {
    async stop() {
      stopping.abort();
      await running;
      await (await listening)?.unlisten().catch(() => undefined);
    },
  };
}

/** Starts the workflow of every notice that has none; starting one that runs finds it. */
async function beginNotices(parts: IncidentParts, lostBefore: Date | undefined): Promise<void> {
  const { database, client, taskQueue } = parts;
  for (const { id, clockShift, total } of await startingBroadcasts(database.db, lostBefore, PAGE)) {
    const input: BroadcastInput = { version: 1, broadcastId: id, clockShift };
    await client.withDeadline(Date.now() + START_MS, () =>
      client.workflow.start('broadcast', {
        workflowId: broadcastWorkflowId(id),
        taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        priority: PRIORITY.incident,
        staticSummary: `incident notice to ${total} accounts`,
      }),
    );
  }
}
