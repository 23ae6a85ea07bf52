import { and, eq } from 'drizzle-orm';
import type { Database, Tx } from '../../db/database.ts';
import { playbooks } from '../../db/schema/index.ts';
import { draftedSteps, withdrawDrafts } from '../../db/queries/approvals/drafts.ts';
import { holdForJourney } from '../../db/queries/holds/journey-hold.ts';
import { readProgram } from '../../db/queries/programs/read-program.ts';
import { settleProgram } from '../../db/queries/programs/settle-program.ts';
import { followProgram } from '../../db/queries/programs/follow-program.ts';
import { RELEASE_PER_SECOND } from '../../db/queries/waiters/release-waiters.ts';
import { lockGateOf } from '../../db/queries/touches/lock-gate.ts';
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
  /** At which level it speaks, where its playbook names one. */
  level: string | undefined;
  /** What it followed when this state was made, where it has gone over to something else since. */
  earlier?: JourneyContext;
};

/** One step of it: as the run has it pinned, and as the playbook says it. */
export type StepContext = JourneyContext & {
  step: TimetableStep;
  spec: StepSpec;
  /** The journey has gone over to a playbook that does not have this step. */
  gone?: true;
  /** The one of several recipients whose turn it is; missing: the step tells one, or nobody in particular. */
  turn?: string;
};

const published = new WeakMap<Database, Map<string, Published>>();

/** Locks a journey and its account's gate, brings its row to the run's state, and reads its playbook (kept: a version never changes). */
export async function enterJourney(
  tx: Tx,
  database: Database,
  i: { journeyId: string; state: State; at: number },
  lock: () => Promise<void> = () => lockGateOf(tx, i.journeyId),
): Promise<JourneyContext> {
  await lock();
  const before = await lockJourney(tx, i.journeyId);
  if (!before) throw new TenureError('unknown-journey', 'The run belongs to no journey in this database');
  const moved = i.state.rev > before.rev;
  const followed = moved ? await inProgram(tx, database, before, i) : before;
  const { accountId, timetable } = followed;
  if (moved) await project(tx, { journeyId: i.journeyId, accountId, timetable, state: i.state, at: i.at });
  const journey = moved ? { ...followed, ...projectedFlag(before, i.state) } : followed;
  const found = await publishedPlaybook(tx, database, journey);
  if (moved && hasApprovals(found.playbook)) await withdrawDecided(tx, i);
  if (moved && !before.endedAt && !i.state.ended) await followLevel(tx, journey, found.playbook, i);
  const level = levelOf(found.playbook, i.state) ?? found.playbook.arbiter?.level;
  const context = { journey, hadEnded: before.endedAt !== null, level, ...found };
  const earlier = await earlierOf(tx, database, context, i.state);
  return earlier ? { ...context, earlier } : context;
}

/** The level to which a flag has raised it, if it has. */
const levelOf = ({ raised }: Playbook, { flags }: State) =>
  raised && Object.hasOwn(flags, raised.flag) ? raised.level : undefined;

/** What it holds back follows the level to which it is raised, and goes back to its own. */
async function followLevel(
  tx: Tx,
  { accountId }: NonNullable<LockedJourney>,
  playbook: Playbook,
  { journeyId, state, at }: { journeyId: string; state: State; at: number },
): Promise<void> {
  const { raised, holds } = playbook;
  if (!raised || !holds) return;
  const level = levelOf(playbook, state) ?? holds.level;
  const of = { journeyId, accountId, reason: playbook.title, now: new Date(at), perSecond: RELEASE_PER_SECOND };
  await holdForJourney(tx, { ...of, level });
}

/** A touch that was started before the journey went over to another program belongs to the one before. */
async function earlierOf(
  tx: Tx,
  database: Database,
  context: JourneyContext,
  { program = 0 }: State,
): Promise<JourneyContext | undefined> {
  if (program === context.journey.program) return undefined;
  const row = await readProgram(tx, context.journey.id, program);
  if (!row) return undefined;
  const { playbook, version, timetable } = row;
  const journey = { ...context.journey, playbook, version, timetable, program };
  return { ...context, journey, ...(await publishedPlaybook(tx, database, row)) };
}

const hasApprovals = ({ stages }: Playbook) => stages.some(({ steps }) => steps.some((one) => one.approval));

/** What the run has decided by itself (a stage ended, staff skipped it) waits for nobody's word any more. */
async function withdrawDecided(tx: Tx, { journeyId, state, at }: { journeyId: string; state: State; at: number }) {
  const drafts = await draftedSteps(tx, journeyId);
  const over = drafts.filter(({ step, n }) => {
    const x = state.steps[step];
    return x === undefined || x.n > n || x.st === 'done';
  });
  for (const { step, n } of over) {
    const why = state.steps[step]?.reason ?? 'journey-ended';
    await withdrawDrafts(tx, [{ journeyId, step, n }], why, new Date(at));
  }
}

/** The row as it is by the program that a newer state follows. */
async function inProgram(
  tx: Tx,
  database: Database,
  row: NonNullable<LockedJourney>,
  { state, at }: { state: State; at: number },
): Promise<NonNullable<LockedJourney>> {
  if ((state.program ?? 0) === row.program) return row;
  const program = await followProgram(tx, row.id, state.program ?? 0);
  if (!program) return row;
  const { playbook } = await publishedPlaybook(tx, database, program);
  await settleProgram(tx, {
    ...{ journeyId: row.id, accountId: row.accountId, now: new Date(at), perSecond: RELEASE_PER_SECOND },
    ...{ level: playbook.holds?.level, reason: playbook.title, watches: program.timetable.watches ?? [] },
  });
  return { ...row, ...program };
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
  if (step && spec) return { ...context, step, spec };
  if (context.earlier) return { ...stepOf(context.earlier, id), gone: true };
  throw new TenureError('unknown-step', 'The playbook has no such step', { step: id });
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
