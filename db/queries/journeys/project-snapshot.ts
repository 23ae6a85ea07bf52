import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { decisions } from '../../schema/journeys.ts';
import type { JourneyStatus, State } from '../../../workflows/contracts/journey.ts';
import { removeWatches } from '../watches/remove-watches.ts';
import type { Instant } from '../../../workflows/contracts/time.ts';

/** A step that the kernel decided by itself, with no activity to say so. */
export type KernelDecision = {
  step: string;
  n: number;
  kind: string;
  channel: string | null;
  outcome: string;
  reason: string | null;
  at: Instant;
  due?: Instant | null;
  variant?: string | null;
  offer?: string | null;
};

export type Projection = {
  journeyId: string;
  state: State;
  /** By the run's clock. */
  at: Instant;
  stage: string | null;
  status: JourneyStatus;
  next: { step: string; at: Instant } | null;
  kernelDecisions: KernelDecision[];
};

const iso = (at: Instant | null | undefined) => (at === null || at === undefined ? null : new Date(at).toISOString());

/**
 * Brings the journey's row to this state, unless it is at a newer revision; true when it moved.
 * The stop flag is left alone while a command that the state has not heard of stands behind it: such a pause is accepted, not yet told.
 */
export async function projectSnapshot(tx: Tx, p: Projection): Promise<boolean> {
  const { state } = p;
  const ended = state.ended;
  const rows = await tx.execute<{ account_id: string }>(sql`
    update journeys set
      snapshot = ${JSON.stringify(state)}::jsonb,
      snapshot_at = ${iso(p.at)}::timestamptz,
      rev = ${state.rev},
      state = ${p.status},
      stage = ${p.stage},
      plan = ${state.plan},
      owner = ${state.owner},
      next_step = ${p.next?.step ?? null},
      next_at = ${iso(p.next?.at)}::timestamptz,
      paused_since = ${iso(state.pause?.since)}::timestamptz,
      paused_until = ${iso(state.pause?.until)}::timestamptz,
      outcome = ${ended?.outcome ?? null},
      ended_at = ${iso(ended?.at)}::timestamptz,
      stop_flag = case
        when stop_command is null or ${JSON.stringify(state.answered)}::jsonb ? stop_command then ${ended ? 'exited' : state.pause ? 'paused' : null}
        else stop_flag end,
      stop_command = case when ${JSON.stringify(state.answered)}::jsonb ? stop_command then null else stop_command end
    where id = ${p.journeyId}::uuid and rev < ${state.rev}
    returning account_id`);
  if (ended && rows.length === 1) await removeWatches(tx, p.journeyId);
  if (p.kernelDecisions.length > 0) await insertDecisions(tx, p);
  return rows.length === 1;
}

async function insertDecisions(tx: Tx, p: Projection): Promise<void> {
  const [journey] = await tx.execute<{ account_id: string }>(
    sql`select account_id from journeys where id = ${p.journeyId}::uuid`,
  );
  if (!journey) return;
  await tx
    .insert(decisions)
    .values(
      p.kernelDecisions.map((d) => ({
        ...d,
        journeyId: p.journeyId,
        accountId: journey.account_id,
        at: new Date(d.at),
        due: d.due === null || d.due === undefined ? null : new Date(d.due),
        details: {},
        history: [{ outcome: d.outcome, reason: d.reason, at: iso(d.at)! }],
      })),
    )
    .onConflictDoNothing();
}
