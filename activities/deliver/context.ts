import { and, eq } from 'drizzle-orm';
import type { Database, Tx } from '../../db/database.ts';
import { playbooks } from '../../db/schema/index.ts';
import { lockJourney } from '../../db/queries/touches/lock-journey.ts';
import type { LockedJourney } from '../../db/queries/touches/lock-journey.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { State } from '../../workflows/contracts/journey.ts';
import type { Playbook, StepSpec } from '../../workflows/contracts/playbook.ts';
import type { TimetableStep } from '../../workflows/contracts/timetable.ts';
import { project } from './view.ts';

export type Published = { playbook: Playbook; publishedAt: Date };

/** A journey under its lock, with the playbook version that it follows. */
export type JourneyContext = Published & {
  journey: NonNullable<LockedJourney>;
  /** Whether the row had ended before this state came. */
  hadEnded: boolean;
};

/** One step of it: as the run has it pinned, and as the playbook says it. */
export type StepContext = JourneyContext & { step: TimetableStep; spec: StepSpec };

const published = new WeakMap<Database, Map<string, Published>>();

/** Locks a journey, brings its row to the run's state, and reads its playbook (kept: a version never changes). */
export async function enterJourney(
  tx: Tx,
  database: Database,
  i: { journeyId: string; state: State; at: number },
): Promise<JourneyContext> {
  const before = await lockJourney(tx, i.journeyId);
  if (!before) throw new TenureError('unknown-journey', 'The run belongs to no journey in this database');
  const moved = i.state.rev > before.rev;
  const { accountId, timetable } = before;
  if (moved) await project(tx, { journeyId: i.journeyId, accountId, timetable, state: i.state, at: i.at });
  const journey = moved ? { ...before, ...projectedFlag(before, i.state) } : before;
  return { journey, hadEnded: before.endedAt !== null, ...(await publishedPlaybook(tx, database, journey)) };
}

/** The flag as `projectSnapshot` leaves it: it stands while a command that the state has not heard of stands behind it. */
function projectedFlag(row: NonNullable<LockedJourney>, { answered, ended, pause }: State) {
  const pausedUntil = pause?.until ? new Date(pause.until) : null;
  if (row.stopCommand !== null && !Object.hasOwn(answered, row.stopCommand)) return { pausedUntil };
  return { pausedUntil, stopFlag: ended ? 'exited' : pause ? 'paused' : null };
}

/** The step in question; an id that the playbook does not have is an error of ours. */
export function stepOf(context: JourneyContext, id: string): StepContext {
  const step = context.journey.timetable.steps.find((s) => s.id === id);
  const spec = context.playbook.stages.flatMap((s) => s.steps).find((s) => s.id === id);
  if (!step || !spec) throw new TenureError('unknown-step', 'The playbook has no such step', { step: id });
  return { ...context, step, spec };
}

async function publishedPlaybook(
  tx: Tx,
  database: Database,
  by: { playbook: string; version: number },
): Promise<Published> {
  const key = `${by.playbook}@${by.version}`;
  const kept = published.get(database) ?? new Map<string, Published>();
  published.set(database, kept);
  const known = kept.get(key);
  if (known) return known;
  const [row] = await tx
    .select({ playbook: playbooks.definition, publishedAt: playbooks.publishedAt })
    .from(playbooks)
    .where(and(eq(playbooks.id, by.playbook), eq(playbooks.version, by.version)));
  if (!row)
    throw new TenureError('unknown-playbook', 'The journey follows a playbook version that is not published here');
  kept.set(key, row);
  return row;
}
