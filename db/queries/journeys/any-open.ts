import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { journeys } from '../../schema/journeys.ts';

/** Whether a journey of one of these playbooks is open for an account. */
export async function anyOpen(tx: Tx, accountId: string, playbooks: string[]): Promise<boolean> {
  const [row] = await tx
    .select({ id: journeys.id })
    .from(journeys)
    .where(and(eq(journeys.accountId, accountId), inArray(journeys.playbook, playbooks), isNull(journeys.endedAt)))
    .limit(1);
  return row !== undefined;
}
