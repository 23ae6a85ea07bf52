import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { RemoteUnavailable } from '../../activities/crm/remote-crm.ts';
import { syncCrm } from '../../activities/crm/sync-crm.ts';
import type { CrmSync } from '../../activities/crm/sync-crm.ts';
import { holdLease } from '../../db/queries/leases/hold-lease.ts';
import { keepDoing, pause } from '../keep-doing.ts';

export type CrmSyncParts = CrmSync & {
  log: Pick<Logger, 'info' | 'warn'>;
  /** ms between two looks for changes; default 15 s. */
  everyMs?: number;
  /** ms of the first wait when the remote side is down, doubled up to the greatest; default 5 s to 5 min. */
  backOffMs?: { first: number; most: number };
};

const LEASE_MS = 60_000;

/** Keeps a remote CRM at what stands here: one process at a time, at the adapter's own rate, waiting longer the longer the other side is down. */
export function startCrmSync(parts: CrmSyncParts): { stop(): Promise<void> } {
  const { database, log, clock, everyMs = 15_000, backOffMs = { first: 5_000, most: 300_000 } } = parts;
  const stopping = new AbortController();
  const holder = randomUUID();
  const mayGoOn = async () => {
    if (stopping.signal.aborted) return false;
    const now = clock();
    return holdLease(database.db, { name: 'crm-sync', holder, now: new Date(now), until: new Date(now + LEASE_MS) });
  };
  let prepared = false;
  // How often in a row it was down: that it asks for a pause is no outage.
  let down = 0;
  const running = keepDoing({
    signal: stopping.signal,
    work: async () => {
      if (!(await mayGoOn())) return;
      if (!prepared) await parts.remote.prepare();
      prepared = true;
      await syncCrm(parts, mayGoOn);
      down = 0;
    },
    rest: () => pause(everyMs, stopping.signal),
    waitMs: (error) => {
      const asked = error instanceof RemoteUnavailable ? error.retryAfterMs : undefined;
      return asked ?? Math.min(backOffMs.most, backOffMs.first * 2 ** down++);
    },
    onFailure: (error, _failures, waitMs) => {
      const code = error instanceof RemoteUnavailable ? error.code : error instanceof Error ? error.name : 'unknown';
      log.warn({ code, waitMs }, 'the CRM cannot be told; it is tried again by itself');
    },
  });
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
