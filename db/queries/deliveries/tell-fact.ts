import { createHash, randomUUID } from 'node:crypto';
import type { FactKind } from '../../../workflows/contracts/journey.ts';
import type { Tx } from '../../database.ts';
import { events } from '../../schema/index.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { tellJourneys } from './tell-journeys.ts';

/** Stores what somebody did about a step as an event, and the telling of its run, in the transaction of the change itself. */
export async function tellFact(
  tx: Tx,
  f: {
    type: string;
    accountId: string;
    journeyId: string;
    step: string;
    what: FactKind;
    item?: string;
    /** A number only: words about it may be personal and stay in the database. */
    value?: number;
    data: Record<string, unknown>;
    actor: string;
    reason?: string | null;
    now: Date;
  },
): Promise<void> {
  const id = `fact:${randomUUID()}`;
  const data = { journey: f.journeyId, step: f.step, what: f.what, ...(f.item ? { item: f.item } : {}), ...f.data };
  const bodyHash = createHash('sha256').update(JSON.stringify(data)).digest('hex');
  await tx
    .insert(events)
    .values({ id, accountId: f.accountId, type: f.type, at: f.now, receivedAt: f.now, data, bodyHash, actor: f.actor });
  const { step, what, item, value } = f;
  const happening = {
    t: 'fact' as const,
    id,
    step,
    what,
    at: f.now.getTime(),
    ...(item === undefined ? {} : { item }),
    ...(value === undefined ? {} : { value }),
  };
  await tellJourneys(tx, [{ accountId: f.accountId, journeyId: f.journeyId, happening }], f.now);
  await recordAudit(tx, {
    at: f.now,
    actor: f.actor,
    action: f.type,
    target: `journey:${f.journeyId}`,
    reason: f.reason ?? null,
    details: data,
  });
}
