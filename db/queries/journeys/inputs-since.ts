import { and, desc, eq, gt, or, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { commands, decisions } from '../../schema/journeys.ts';
import type { JourneyRow } from '../../schema/journeys.ts';
import { deliveries } from '../../schema/events.ts';
import type { Command } from '../../../workflows/contracts/commands.ts';
import type { DeliverOutcome, Input } from '../../../workflows/contracts/journey.ts';

/** A run remembers so many event ids. */
const SEEN = 256;
const HOUR_MS = 3_600_000;

type Row = Pick<JourneyRow, 'id' | 'snapshot' | 'snapshotAt'>;

/**
 * What was recorded about a journey and is not yet in its snapshot, in the order of its time: outcomes of steps it has not decided,
 * happenings it has not seen, applied commands it has not answered.
 */
export async function inputsSince(db: Db | Tx, journey: Row): Promise<Input[]> {
  const inputs = [
    ...(await outcomes(db, journey)),
    ...(await happenings(db, journey)),
    ...(await applied(db, journey)),
  ];
  return inputs.sort((a, b) => a.now - b.now);
}

async function outcomes(db: Db | Tx, { id, snapshot }: Row): Promise<Input[]> {
  const undecided = Object.entries(snapshot.steps).filter(([, s]) => s.st !== 'done' && s.st !== 'open');
  if (undecided.length === 0) return [];
  const rows = await db
    .select()
    .from(decisions)
    .where(
      and(
        eq(decisions.journeyId, id),
        or(...undecided.map(([step, s]) => and(eq(decisions.step, step), eq(decisions.n, s.n)))),
      ),
    );
  return rows.flatMap((d) => {
    // Its first deciding word: what was sent and then accepted is told as sent here and as accepted by its happening.
    for (const word of d.history) {
      const outcome = toOutcome(d, word);
      if (outcome) return [{ t: 'outcome' as const, step: d.step, n: d.n, outcome, now: Date.parse(word.at) }];
    }
    return [];
  });
}

function toOutcome(
  d: typeof decisions.$inferSelect,
  word: { outcome: string; reason: string | null },
): DeliverOutcome | undefined {
  const variant = d.variant ?? undefined;
  switch (word.outcome) {
    case 'sent':
      return { is: 'sent', variant, offer: d.offer ?? undefined, opens: d.details.opens === true };
    case 'met':
    case 'missed':
      return { is: word.outcome, variant };
    case 'skipped':
    case 'dropped':
    case 'failed':
      return { is: word.outcome, reason: word.reason ?? word.outcome, variant };
    default:
      return undefined;
  }
}

async function happenings(db: Db | Tx, { id, snapshot, snapshotAt }: Row): Promise<Input[]> {
  const seen = new Set(snapshot.seen);
  // Once ids have fallen out of the run's memory, a delivery from before the snapshot may be one of them.
  const since = new Date(snapshotAt.getTime() - HOUR_MS);
  const rows = await db
    .select()
    .from(deliveries)
    .where(
      and(
        eq(deliveries.journeyId, id),
        seen.size < SEEN ? undefined : or(sql`${deliveries.deliveredAt} is null`, gt(deliveries.deliveredAt, since)),
      ),
    )
    .orderBy(desc(deliveries.seq))
    .limit(2 * SEEN);
  return rows
    .filter((d) => !seen.has(d.happening.id))
    .reverse()
    .map((d) => ({ t: 'happening' as const, happening: d.happening, now: (d.deliveredAt ?? d.createdAt).getTime() }));
}

async function applied(db: Db | Tx, { id, snapshot }: Row): Promise<Input[]> {
  const rows = await db
    .select()
    .from(commands)
    .where(and(eq(commands.journeyId, id), eq(commands.state, 'applied'), gt(commands.rev, snapshot.rev)))
    .orderBy(commands.rev);
  return rows
    .filter((c) => !(c.id in snapshot.answered) && c.body.run)
    .map((c) => ({
      t: 'command' as const,
      command: c.body.run as Command,
      now: (c.answeredAt ?? c.receivedAt).getTime(),
    }));
}
