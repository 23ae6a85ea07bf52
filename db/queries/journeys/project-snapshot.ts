import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { decisions } from '../../schema/journeys.ts';
import { statement } from '../../statement.ts';
import type { JourneyStatus, State } from '../../../workflows/contracts/journey.ts';
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

const advance = statement<{ id: string }[]>(
  () => sql`
    update journeys set
      snapshot = ${sql.placeholder('snapshot')}::jsonb,
      snapshot_at = ${sql.placeholder('snapshotAt')}::timestamptz,
      rev = ${sql.placeholder('rev')},
      state = ${sql.placeholder('status')},
      stage = ${sql.placeholder('stage')},
      plan = ${sql.placeholder('plan')},
      owner = ${sql.placeholder('owner')},
      next_step = ${sql.placeholder('nextStep')},
      next_at = ${sql.placeholder('nextAt')}::timestamptz,
      paused_since = ${sql.placeholder('pausedSince')}::timestamptz,
      paused_until = ${sql.placeholder('pausedUntil')}::timestamptz,
      outcome = ${sql.placeholder('outcome')},
      ended_at = ${sql.placeholder('endedAt')}::timestamptz,
      stop_flag = case when stop_command is null or ${sql.placeholder('answered')}::jsonb ? stop_command then ${sql.placeholder('stopFlag')} else stop_flag end,
      stop_command = case when ${sql.placeholder('answered')}::jsonb ? stop_command then null else stop_command end
    where id = ${sql.placeholder('id')}::uuid and rev < ${sql.placeholder('rev')}
    returning id`,
);

/**
 * Brings the journey's row to this state, unless it is at a newer revision; true when it moved.
 * The stop flag is left alone while a command that the state has not heard of stands behind it: such a pause is accepted, not yet told.
 */
export async function projectSnapshot(tx: Tx, p: Projection): Promise<boolean> {
  const { state } = p;
  const ended = state.ended;
  const rows = await advance(tx, {
    id: p.journeyId,
    snapshot: JSON.stringify(state),
    snapshotAt: iso(p.at),
    rev: state.rev,
    status: p.status,
    stage: p.stage,
    plan: state.plan,
    owner: state.owner,
    nextStep: p.next?.step,
    nextAt: iso(p.next?.at),
    pausedSince: iso(state.pause?.since),
    pausedUntil: iso(state.pause?.until),
    outcome: ended?.outcome,
    endedAt: iso(ended?.at),
    answered: JSON.stringify(state.answered),
    stopFlag: ended ? 'exited' : state.pause ? 'paused' : null,
  });
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
