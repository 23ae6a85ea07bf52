import { z } from 'zod';
import type { Db } from '../../db/database.ts';
import { listDecisions } from '../../db/queries/decisions/list-decisions.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { StepState } from '../../workflows/contracts/journey.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { sentenceFor } from '../../workflows/contracts/reasons.ts';
import { present } from './present.ts';

export const DecisionView = z
  .object({
    journey: z.string(),
    account: z.string(),
    step: z.string(),
    n: z.number().int(),
    kind: z.string(),
    channel: z.string().nullable(),
    outcome: z.string(),
    reason: z.string(),
    at: z.string().nullable(),
    due: z.string().nullable(),
    words: z.string(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Decision' });
export type DecisionView = z.infer<typeof DecisionView>;

type Row = Awaited<ReturnType<typeof listDecisions>>[number];

/** A decision as it leaves: with the sentence for its reason, and what was chosen among its details. */
export function toDecision(row: Row): DecisionView {
  const { template, variant, offer } = row;
  const reason = row.reason ?? row.outcome;
  return {
    journey: row.journeyId,
    account: row.accountId,
    step: row.step,
    n: row.n,
    kind: row.kind,
    channel: row.channel,
    outcome: row.outcome,
    reason,
    at: row.at.toISOString(),
    due: row.due?.toISOString() ?? null,
    words: sentenceFor(reason),
    details: {
      ...row.details,
      ...(template ? { template } : {}),
      ...(variant ? { variant } : {}),
      ...(offer ? { offer } : {}),
      history: row.history,
    },
  };
}

/** What may become of a step after it was told. */
const CLOSES = new Set(['accepted', 'declined', 'completed', 'answered', 'missed', 'expired', 'held', 'no-show']);

const iso = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());

/** One decision a step and occurrence: what was decided, what the run has decided since its last word, and what is still to come. */
export async function explain(db: Db, row: JourneyRow, clock: number, step?: string): Promise<DecisionView[]> {
  const recorded = (await listDecisions(db, { journey: row.id, step }, { limit: 1000 })).reverse();
  const { state } = await present(db, row, clock);
  const { timetable } = row;
  const steps = timetable.steps.filter((one) => step === undefined || one.id === step);
  const ids = new Set(steps.map((one) => one.id));
  // Steps that a migration has taken away keep what was said about them.
  const gone = recorded.filter((decision) => !ids.has(decision.step)).map(toDecision);
  if (steps.length === 0 && gone.length === 0)
    throw new TenureError('unknown-step', 'The journey has no such step.', {
      known: timetable.steps.map((one) => one.id),
    });
  const known = steps.flatMap((one) => {
    const said = recorded
      .filter((decision) => decision.step === one.id)
      .sort((a, b) => a.n - b.n)
      .map(toDecision);
    const now = state.steps[one.id];
    const last = said.at(-1);
    const undecided = last?.outcome === 'held' && last.reason !== 'meeting-held';
    // What closed a step that had been told is written with the run's next activity.
    const closed = last?.outcome === 'sent' && now?.st === 'done' && CLOSES.has(now.outcome ?? '');
    if (now && (last === undefined || last.n < now.n || undecided || closed)) {
      const view = {
        journey: row.id,
        account: row.accountId,
        step: one.id,
        n: now.n,
        kind: one.kind,
        channel: one.channel ?? null,
      };
      const still = { ...view, ...standing(now, Boolean(row.endedAt)) };
      if (last === undefined || last.n < now.n) said.push(still);
      else if (now.st === 'done') said[said.length - 1] = { ...still, details: { ...last.details, ...still.details } };
    }
    return said;
  });
  return [...known, ...gone];
}

function standing(
  s: StepState,
  ended: boolean,
): Pick<DecisionView, 'outcome' | 'reason' | 'at' | 'due' | 'words' | 'details'> {
  if (s.st === 'done') {
    const reason = s.reason ?? (s.outcome === 'held' ? 'meeting-held' : s.outcome) ?? 'done';
    return {
      outcome: s.outcome ?? 'skipped',
      reason,
      at: iso(s.at),
      due: iso(s.due),
      words: sentenceFor(reason),
      details: { ...(s.variant ? { variant: s.variant } : {}), ...(s.offer ? { offer: s.offer } : {}) },
    };
  }
  const reason = ended
    ? 'journey-ended'
    : s.st === 'gated'
      ? 'gated'
      : s.st === 'sending'
        ? 'sending'
        : s.hold === 'approval'
          ? 'approval'
          : s.hold !== undefined
            ? 'on-hold'
            : s.st === 'open'
              ? 'open'
              : s.st === 'idle'
                ? 'not-reached'
                : 'not-due';
  const details = {
    ...(s.hold === undefined ? {} : { hold: s.hold }),
    ...(s.gateUntil === undefined ? {} : { gateUntil: iso(s.gateUntil) }),
  };
  return { outcome: 'pending', reason, at: iso(s.due), due: iso(s.due), words: PENDING[reason] ?? reason, details };
}

const PENDING: Record<string, string> = {
  'not-due': 'It is not due yet.',
  'not-reached': 'What it counts from has not happened yet.',
  open: 'It is open and waits for an answer.',
  approval: 'It waits for somebody to approve its words.',
  gated: 'It waits for something that has not happened yet.',
  sending: 'It is being sent at this moment.',
  'on-hold': 'It waits for a hold or stop to end.',
  'journey-ended': 'The journey ended before it was due.',
};
