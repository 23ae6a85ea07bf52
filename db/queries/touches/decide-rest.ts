import { sql } from 'drizzle-orm';
import type { State } from '../../../workflows/contracts/journey.ts';
import type { Timetable } from '../../../workflows/contracts/timetable.ts';
import type { Tx } from '../../database.ts';
import { decisions } from '../../schema/index.ts';

/**
 * Writes the decisions that the run took without an activity: steps that it skipped or dropped, and what became of those that were open. A word that
 * a touch wrote itself stands, unless it only said that the step was waiting or had been told. `final`: what is undecided never will be.
 */
export async function decideRest(
  tx: Tx,
  i: { journeyId: string; accountId: string; timetable: Timetable; state: State; final?: boolean },
): Promise<void> {
  const past = (id: string) => (i.state.past ?? []).filter((x) => x.step === id);
  const occurrences = i.timetable.steps.flatMap((step) =>
    [...past(step.id), i.state.steps[step.id]].map((x) => ({ step, x })),
  );
  const rows = occurrences.flatMap(({ step, x }) => {
    const word =
      x?.st === 'done'
        ? x
        : i.final
          ? { outcome: 'dropped', reason: 'journey-ended', at: i.state.ended?.at }
          : undefined;
    if (!x || !word?.outcome || word.outcome === 'sent') return [];
    const at = new Date(word.at ?? i.state.startedAt);
    const { outcome } = word;
    const reason = word.reason ?? outcome;
    return [
      {
        journeyId: i.journeyId,
        accountId: i.accountId,
        step: step.id,
        n: x.n,
        kind: step.kind,
        channel: step.channel ?? null,
        outcome,
        reason,
        at,
        due: x.due === undefined ? null : new Date(x.due),
        variant: x.variant ?? null,
        offer: x.offer ?? null,
        details: {},
        history: [{ outcome, reason, at: at.toISOString() }],
      },
    ];
  });
  if (rows.length === 0) return;
  await tx
    .insert(decisions)
    .values(rows)
    .onConflictDoUpdate({
      target: [decisions.journeyId, decisions.step, decisions.n],
      set: {
        outcome: sql`excluded.outcome`,
        reason: sql`excluded.reason`,
        at: sql`excluded.at`,
        history: sql`${decisions.history} || excluded.history`,
      },
      setWhere: sql`${decisions.outcome} = 'held' or (${decisions.outcome} = 'sent' and excluded.outcome in ('accepted', 'declined', 'expired', 'completed', 'answered', 'missed'))`,
    });
}
