import type { Tx } from '../../db/database.ts';
import { claimRequests, dropRequests } from '../../db/queries/scores/score-requests.ts';
import type { HealthPolicy } from './policy.ts';
import type { IngestPort } from './record-scores.ts';
import { scoreAccounts } from './score-accounts.ts';

const BATCH = 200;
const ACTOR = 'system:scoring';

/** Scores the accounts for which an event has asked, and forgets the requests in the same transaction; answers how many there were. */
export async function scoreRequested(
  tx: Tx,
  { policy, ingest, now }: { policy: HealthPolicy; ingest: IngestPort; now: Date },
): Promise<number> {
  const requests = await claimRequests(tx, BATCH);
  if (requests.length === 0) return 0;
  const newest = new Map(requests.map((request) => [request.accountId, request.eventId]));
  await scoreAccounts(tx, {
    ...{ ids: [...newest.keys()], actor: ACTOR, policy, ingest, now },
    cause: (account) => `event:${newest.get(account)}`,
  });
  await dropRequests(
    tx,
    requests.map((request) => request.seq),
  );
  return requests.length;
}
