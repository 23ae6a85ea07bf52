import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { pages } from '../../schema/index.ts';
import { DELIVERIES_CHANNEL } from '../deliveries/tell-journeys.ts';

export type AskPage = {
  /** De-duplicates: asked for twice, it is one page. */
  key: string;
  journeyId: string | null;
  role: string;
  severity: 'info' | 'warning' | 'error' | 'critical';
  /** No personal data: it leaves for the pager. */
  title: string;
  provider?: string;
  now: Date;
};

/** Has somebody called, in the caller's transaction; the dispatcher tells the pager once that commits. False when it was asked for before. */
export async function askPage(tx: Tx, { key, journeyId, role, severity, title, now }: AskPage): Promise<boolean> {
  const added = await tx
    .insert(pages)
    .values({
      key,
      journeyId,
      role,
      severity,
      title,
      state: 'triggered',
      attempts: 0,
      nextAt: now,
      at: now,
      changedAt: now,
    })
    .onConflictDoNothing()
    .returning({ key: pages.key });
  if (added.length > 0) await tx.execute(sql`select pg_notify(${DELIVERIES_CHANNEL}, '')`);
  return added.length > 0;
}
