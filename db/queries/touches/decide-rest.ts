import { sql } from 'drizzle-orm';
import type { Reason } from '../../../workflows/contracts/reasons.ts';
import type { State } from '../../../workflows/contracts/journey.ts';
import type { Timetable } from '../../../workflows/contracts/timetable.ts';
import type { Tx } from '../../database.ts';
import { decisions } from '../../schema/index.ts';
import { endRest, recipientsOf, toldAlready } from '../recipients/recipients.ts';

/**
 * Writes the decisions that the run took without an activity: steps that it skipped or dropped, and what became of those that were open. A word that
 * a touch wrote itself stands, unless it only said that the step was waiting or had been told. What a person did about a step and an ended run
 * never heard of, or heard too late, stands with the reason `told-after-end`. A notice of which some were told already is `sent` whatever ends it for
 * the rest, who are listed with the reason. `final`: what is undecided never will be.
 */
export async function decideRest(
  tx: Tx,
  i: { journeyId: string; accountId: string; timetable: Timetable; state: State; final?: boolean },
): Promise<void> {
  const past = i.state.past ?? [];
  const known = i.timetable.steps.flatMap((step) =>
    [...past.filter((x) => x.step === step.id), i.state.steps[step.id]].map((x) => ({ step, x })),
  );
  const ids = new Set(i.timetable.steps.map((step) => step.id));
  const gone = past.flatMap((x) =>
    x.removed && !ids.has(x.step) ? [{ step: { id: x.step, channel: undefined, ...x.removed }, x }] : [],
  );
  const occurrences = [...known, ...gone];
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
    const reason = word.reason ?? (outcome === 'held' ? 'meeting-held' : outcome);
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
        // Of a step that never began, nobody was told.
        begun: x.rev !== undefined,
      },
    ];
  });
  if (rows.length === 0) return;
  const words = await withTold(tx, i.journeyId, rows);
  await tx
    .insert(decisions)
    .values(words)
    .onConflictDoUpdate({
      target: [decisions.journeyId, decisions.step, decisions.n],
      set: {
        outcome: sql`case when ${toldLate} then ${decisions.outcome} else excluded.outcome end`,
        reason: sql`case when ${toldLate} then ${'told-after-end' satisfies Reason} else excluded.reason end`,
        at: sql`case when ${toldLate} then ${decisions.at} else excluded.at end`,
        details: sql`${decisions.details} || excluded.details`,
        history: sql`${decisions.history} || case when ${toldLate}
          then jsonb_build_array(excluded.history->0 || jsonb_build_object('outcome', ${decisions.outcome}, 'reason', ${'told-after-end' satisfies Reason}::text))
          else excluded.history end`,
      },
      setWhere: sql`(${decisions.outcome} = 'held' and ${decisions.reason} is distinct from ${MEETING_HELD})
        or (${decisions.outcome} = 'sent' and excluded.outcome in ('accepted', 'declined', 'expired', 'completed', 'answered', 'missed', 'held', 'no-show'))
        or (${decisions.outcome} = 'sent' and excluded.reason = ${'removed-by-migration' satisfies Reason} and ${decisions.kind} in ('task', 'meeting', 'checklist'))
        or (${decisions.outcome} = 'missed' and excluded.outcome in ('late', 'met'))
        or (${i.state.ended !== null}::boolean and ${toldLate})`,
    });
}

type Word = Required<Pick<typeof decisions.$inferInsert, 'step' | 'n' | 'details' | 'history'>> &
  typeof decisions.$inferInsert & { outcome: string; reason: string; at: Date };

/** Notices that reached some of their recipients before the run ended them for the rest say so. */
async function withTold(tx: Tx, journeyId: string, rows: (Word & { begun: boolean })[]): Promise<Word[]> {
  const cut = rows.filter((row) => row.begun && CUT_SHORT.has(row.outcome));
  const told = cut.length > 0 ? await toldAlready(tx, journeyId, cut) : new Set<string>();
  const words: Word[] = [];
  for (const { begun: _, ...row } of rows) words.push(told.has(`${row.step}/${row.n}`) ? await asSent(tx, row) : row);
  return words;
}

const CUT_SHORT = new Set(['skipped', 'dropped', 'failed']);

async function asSent(tx: Tx, row: Word): Promise<Word> {
  const { outcome, reason, at } = row;
  await endRest(tx, row, { outcome, reason, at });
  const people = await recipientsOf(tx, row);
  const first = people.find((one) => one.outcome === 'sent')!;
  const contacts = people.map((one) => ({ contact: one.contactId, outcome: one.outcome, reason: one.reason }));
  const word = { outcome: 'sent', reason: first.reason! };
  const history = [{ ...word, at: at.toISOString() }];
  return { ...row, ...word, variant: first.variant, details: { contacts }, history };
}

/** A meeting's `held` says that it took place, not that it waits. */
const MEETING_HELD = 'meeting-held' satisfies Reason;

const toldLate = sql`((${decisions.outcome} in ('accepted', 'declined', 'completed', 'answered', 'no-show') or ${decisions.reason} = ${MEETING_HELD})
  and ${decisions.reason} is distinct from 'told-after-end'
  and excluded.reason in ('told-after-end', 'not-answered', 'stage-ended', 'journey-ended'))`;
