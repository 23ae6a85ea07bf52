import { eq, getTableColumns, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { rowsOf } from '../../rows-of.ts';
import { commands, decisions, journeys } from '../../schema/journeys.ts';
import type { JourneyRow } from '../../schema/journeys.ts';
import { deliveries } from '../../schema/events.ts';
import { statement } from '../../statement.ts';
import type { Command } from '../../../workflows/contracts/commands.ts';
import type { DeliverOutcome, Input } from '../../../workflows/contracts/journey.ts';

/** A run remembers so many event ids. */
const SEEN = 256;

type Row = Pick<JourneyRow, 'id' | 'snapshot' | 'snapshotAt'>;
type Recorded = {
  decisions: (typeof decisions.$inferSelect)[];
  deliveries: (typeof deliveries.$inferSelect)[];
  commands: (typeof commands.$inferSelect)[];
};

const id = sql`${sql.placeholder('id')}::uuid`;

/** What was recorded about the journey `id` since a state of it. */
const recordedSince = (of: { steps: SQL; seen: SQL; rev: SQL; at: SQL }) => ({
  decisions: rowsOf(decisions, {
    // Of steps that the state has not decided.
    where: sql`${decisions.journeyId} = ${id} and exists (
      select 1 from jsonb_each(${of.steps}) s
      where s.key = ${decisions.step} and (s.value ->> 'n')::int = ${decisions.n} and s.value ->> 'st' not in ('done', 'open'))`,
    order: sql`${decisions.at}`,
  }),
  deliveries: rowsOf(deliveries, {
    // Once ids have fallen out of the run's memory, a delivery from before the snapshot may be one of them.
    where: sql`${deliveries.journeyId} = ${id}
      and (${of.seen} < ${sql.raw(String(SEEN))} or ${deliveries.deliveredAt} is null or ${deliveries.deliveredAt} > ${of.at} - interval '1 hour')`,
    order: sql`${deliveries.seq} desc`,
    limit: 2 * SEEN,
  }),
  commands: rowsOf(commands, {
    where: sql`${commands.journeyId} = ${id} and ${commands.state} = 'applied' and ${commands.rev} > ${of.rev}`,
    order: sql`${commands.rev}`,
  }),
});

const since = statement((db) =>
  db
    .select(
      recordedSince({
        steps: sql`${sql.placeholder('steps')}::jsonb`,
        seen: sql`${sql.placeholder('seen')}::int`,
        rev: sql`${sql.placeholder('rev')}::int`,
        at: sql`${sql.placeholder('at')}::timestamptz`,
      }),
    )
    .from(sql`(select 1) one`),
);

const whole = statement((db) =>
  db
    .select({
      row: getTableColumns(journeys),
      ...recordedSince({
        steps: sql`${journeys.snapshot} -> 'steps'`,
        seen: sql`jsonb_array_length(${journeys.snapshot} -> 'seen')`,
        rev: sql`(${journeys.snapshot} ->> 'rev')::int`,
        at: sql`${journeys.snapshotAt}`,
      }),
    })
    .from(journeys)
    .where(eq(journeys.id, sql.placeholder('id'))),
);

/**
 * What was recorded about a journey and is not yet in its snapshot, in the order of its time: outcomes of steps it has not decided,
 * happenings it has not seen, applied commands it has not answered.
 */
export async function inputsSince(db: Db | Tx, journey: Row): Promise<Input[]> {
  const { steps, seen, rev } = journey.snapshot;
  const undecided = Object.entries(steps).filter(([, s]) => s.st !== 'done' && s.st !== 'open');
  const [recorded] = await since(db, {
    id: journey.id,
    steps: JSON.stringify(Object.fromEntries(undecided.map(([step, { n, st }]) => [step, { n, st }]))),
    seen: seen.length,
    rev,
    at: journey.snapshotAt.toISOString(),
  });
  return inputsFrom(journey, recorded!);
}

/** A journey's row with that, in one look. */
export async function readWithInputs(
  db: Db | Tx,
  journeyId: string,
): Promise<{ row: JourneyRow; inputs: Input[] } | undefined> {
  const [found] = await whole(db, { id: journeyId });
  return found && { row: found.row, inputs: inputsFrom(found.row, found) };
}

function inputsFrom({ snapshot }: Row, recorded: Recorded): Input[] {
  const seen = new Set(snapshot.seen);
  const inputs = [
    ...recorded.decisions.flatMap(outcomeOf),
    ...recorded.deliveries
      .filter((d) => !seen.has(d.happening.id))
      .reverse()
      .map((d) => ({ t: 'happening' as const, happening: d.happening, now: (d.deliveredAt ?? d.createdAt).getTime() })),
    ...recorded.commands
      .filter((c) => !(c.id in snapshot.answered) && c.body.run)
      .map((c) => ({
        t: 'command' as const,
        command: c.body.run as Command,
        now: (c.answeredAt ?? c.receivedAt).getTime(),
      })),
  ];
  return inputs.sort((a, b) => a.now - b.now);
}

/** Its first deciding word: what was sent and then accepted is told as sent here and as accepted by its happening. */
function outcomeOf(d: typeof decisions.$inferSelect): Input[] {
  for (const word of d.history) {
    const outcome = toOutcome(d, word);
    if (outcome) return [{ t: 'outcome', step: d.step, n: d.n, outcome, now: Date.parse(word.at) }];
  }
  return [];
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
