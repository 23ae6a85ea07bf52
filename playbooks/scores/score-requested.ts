import type { Tx } from '../../db/database.ts';
import { claimRequests, dropRequests } from '../../db/queries/scores/score-requests.ts';
import { openTask } from '../../db/queries/tasks/open-task.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';
import type { HealthPolicy } from './policy.ts';
import type { IngestPort } from './record-scores.ts';
import { scoreAccounts } from './score-accounts.ts';

const ACTOR = 'system:scoring';

type Requested = { policy: HealthPolicy; ingest: IngestPort; now: Date };
type Request = Awaited<ReturnType<typeof claimRequests>>[number];

/** Scores the accounts for which an event has asked, and forgets the requests in the same transaction; answers how many there were. */
export async function scoreRequested(tx: Tx, { limit, ...r }: Requested & { limit: number }): Promise<number> {
  const requests = await claimRequests(tx, limit);
  if (requests.length > 0) await meet(tx, requests, r);
  return requests.length;
}

/** Scores for the oldest request alone; where that fails for a reason that stays, `undone` is told that what `ingest` did is not, and the request is set aside with a task for operations. */
export async function scoreOldest(
  tx: Tx,
  { mayPass, undone, ...r }: Requested & { mayPass: (error: unknown) => boolean; undone: () => void },
): Promise<'none' | 'scored' | { failed: unknown; eventId: string }> {
  const [request] = await claimRequests(tx, 1);
  if (!request) return 'none';
  try {
    await tx.transaction((inner) => meet(inner, [request], r));
    return 'scored';
  } catch (error) {
    if (mayPass(error)) throw error;
    undone();
    await setAside(tx, request, r.now);
    return { failed: error, eventId: request.eventId };
  }
}

async function meet(tx: Tx, requests: Request[], { policy, ingest, now }: Requested): Promise<void> {
  const newest = new Map(requests.map((request) => [request.accountId, request.eventId]));
  await scoreAccounts(tx, {
    ...{ ids: [...newest.keys()], actor: ACTOR, policy, ingest, now },
    cause: (account) => `event:${newest.get(account)}`,
  });
  await dropRequests(
    tx,
    requests.map((request) => request.seq),
  );
}

/** Its account is scored again at its next event and by the daily sweep. One task an account and day, however many events ask. */
async function setAside(tx: Tx, { seq, accountId, eventId }: Request, now: Date): Promise<void> {
  await openTask(tx, {
    key: `scoring/${accountId}/${now.toISOString().slice(0, 10)}`,
    ...{ journeyId: null, accountId, step: null, n: 0 },
    title: 'An account could not be scored',
    instructions: 'Scoring fails for this account: see what the log says of it at this time, and mend its data.',
    data: { event: eventId },
    ...{ owner: null, ownerRole: 'operations', minutes: null },
    ...{ dueAt: new Date(now.getTime() + DAY_MS), createdAt: now },
  });
  await dropRequests(tx, [seq]);
}
