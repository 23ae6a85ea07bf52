import { eq, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { journeys } from '../../schema/index.ts';

type Flag = Pick<typeof journeys.$inferSelect, 'stopFlag' | 'stopCommand' | 'pausedUntil'>;

/**
 * What keeps a journey's notices back: a pause, or staff who have ended it. One that came to its end by itself keeps nothing back: its last notice may
 * still be on its way. Shared, so that whoever pauses it waits for what is being reserved, and what is reserved after that sees the pause.
 */
export async function shareFlagOfJourney(tx: Tx, journeyId: string): Promise<Flag> {
  const { stopFlag, stopCommand, pausedUntil, snapshot } = journeys;
  const [row] = await tx
    .select({ stopFlag, stopCommand, pausedUntil, how: sql<string | null>`${snapshot} #>> '{ended,how}'` })
    .from(journeys)
    .where(eq(journeys.id, journeyId))
    .for('share');
  const asked = row?.stopFlag === 'exited' && row.stopCommand !== null;
  const said = { stopCommand: null, pausedUntil: row?.pausedUntil ?? null };
  if (row?.how === 'command' || (asked && row.how !== null)) return { ...said, stopFlag: 'exited' };
  if (asked) return { ...said, stopFlag: 'exited', stopCommand: row.stopCommand };
  return { ...said, stopFlag: row?.stopFlag === 'paused' ? 'paused' : null };
}
