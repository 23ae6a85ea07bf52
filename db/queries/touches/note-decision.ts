import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { decisions } from '../../schema/index.ts';

/** Adds to what is known about a decision, without another word on it. */
export async function noteDecision(
  tx: Tx,
  i: { journeyId: string; step: string; n: number; details: Record<string, unknown> },
): Promise<void> {
  await tx
    .update(decisions)
    .set({ details: sql`${decisions.details} || ${JSON.stringify(i.details)}::jsonb` })
    .where(and(eq(decisions.journeyId, i.journeyId), eq(decisions.step, i.step), eq(decisions.n, i.n)));
}
