import { and, eq, isNull } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { incidents } from '../../schema/index.ts';
import { releaseAffected } from './hold-affected.ts';

/** An incident whose journey has ended is closed, if nobody has closed it, and keeps nothing back any more. */
export async function closeConcluded(tx: Tx, i: { journeyId: string; at: Date; perSecond: number }): Promise<void> {
  const { at, perSecond } = i;
  const [closed] = await tx
    .update(incidents)
    .set({ closedAt: at, closedBy: 'system', nextUpdateAt: null })
    .where(and(eq(incidents.journeyId, i.journeyId), isNull(incidents.closedAt)))
    .returning({ id: incidents.id });
  if (closed) await releaseAffected(tx, { incidentId: closed.id, only: 'all', by: 'system', now: at, perSecond });
}
