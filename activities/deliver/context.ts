import { and, eq } from 'drizzle-orm';
import type { Tx } from '../../db/database.ts';
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

const published = new Map<string, Published>();

/** Locks a journey, brings its row to the run's state, and reads its playbook (kept: a version never changes). */
export async function enterJourney(
  tx: Tx,
  i: { journeyId: string; state: State; at: number },
): Promise<JourneyContext> {
  const before = await lockJourney(tx, i.journeyId);
  if (!before) throw new TenureError('unknown-journey', 'The run belongs to no journey in this database');
  const moved = i.state.rev > before.rev;
  const { accountId, timetable } = before;
  if (moved) await project(tx, { journeyId: i.journeyId, accountId, timetable, state: i.state, at: i.at });
  const journey = moved ? ((await lockJourney(tx, i.journeyId)) ?? before) : before;
  return { journey, hadEnded: before.endedAt !== null, ...(await publishedPlaybook(tx, journey)) };
}

/** The step in question; an id that the playbook does not have is an error of ours. */
export function stepOf(context: JourneyContext, id: string): StepContext {
  const step = context.journey.timetable.steps.find((s) => s.id === id);
  const spec = context.playbook.stages.flatMap((s) => s.steps).find((s) => s.id === id);
  if (!step || !spec) throw new TenureError('unknown-step', 'The playbook has no such step', { step: id });
  return { ...context, step, spec };
}

async function publishedPlaybook(tx: Tx, by: { playbook: string; version: number }): Promise<Published> {
  const key = `${by.playbook}@${by.version}`;
  const known = published.get(key);
  if (known) return known;
  const [row] = await tx
    .select({ playbook: playbooks.definition, publishedAt: playbooks.publishedAt })
    .from(playbooks)
    .where(and(eq(playbooks.id, by.playbook), eq(playbooks.version, by.version)));
  if (!row)
    throw new TenureError('unknown-playbook', 'The journey follows a playbook version that is not published here');
  published.set(key, row);
  return row;
}
