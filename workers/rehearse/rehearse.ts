import { randomUUID } from 'node:crypto';
import { ServiceError, isGrpcServiceError } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { isIncidentKind } from '../../workflows/contracts/incident-kinds.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import type { State } from '../../workflows/contracts/journey.ts';
import { shownFrom } from '../../workflows/contracts/time.ts';
import { TenureJourney, journeyStateQuery } from '../../workflows/messages.ts';
import { createKernel } from '../../workflows/kernel/create-kernel.ts';
import type { Kernel } from '../../workflows/kernel/kernel.ts';
import { rulesOf } from '../../workflows/rules/rules-of.ts';
import { lastTold } from '../../db/queries/deliveries/open-deliveries.ts';
import { readProgram } from '../../db/queries/programs/read-program.ts';
import { readJourney } from '../../db/queries/journeys/read-journey.ts';
import { timeSkipping } from '../../temporal-config/time-skipping.ts';
import type { TimeSkipping } from '../../temporal-config/time-skipping.ts';
import { openIncidentOf } from './incident-persona.ts';
import { applyItem, noticesTold, putPersona, settle, timeline } from './persona-driver.ts';
import type { Item } from './persona-driver.ts';
import { patiently } from './patience.ts';
import { readEntries } from './entries.ts';
import type { Entry } from './entries.ts';
import { journeyCost } from './history-cost.ts';
import type { Persona } from './persona.ts';
import { startRig } from './rig.ts';
import type { Ground, Rig } from './rig.ts';

export type Rehearsal = {
  playbook: string;
  version: number;
  journey: string;
  outcome: string;
  entries: Entry[];
  history: { events: number; actions: number };
};

/** Real time that a persona's items have before a step due at the same instant could fire; well within the clock's grain. */
export const HEAD_START_MS = 25_000;
/** A paused journey is followed no further than this after its last date. */
const MAX_INSTANTS = 2_000;
/** How often one instant is looked at again before the run counts as stuck. */
const MAX_LOOKS = 5_000;

/** `observe` sees the run at its end, engine and database still up; `continueEvery` makes it continue as new after so many revisions. */
export type RehearseOptions = { observe?: (run: Run & { client: Client }) => Promise<void>; continueEvery?: number };

type Run = {
  rig: Rig;
  skip: TimeSkipping;
  kernel: Kernel;
  /** Which of the journey's programs the kernel is bound to. */
  program: number;
  workflowId: string;
  runId: string;
  shift: number;
  journeyId: string;
  kind: string;
};

/**
 * Lives a persona through a playbook: the real workflow, API, activities and database, in skipped time. The run's clock
 * is moved from one instant of interest to the next; what the persona does at an instant comes before a step due then.
 * Ends with the journey, or reports it `open` when only an event could move it on.
 */
export async function rehearse(
  ground: Ground,
  playbook: Playbook,
  persona: Persona,
  options: RehearseOptions = {},
): Promise<Rehearsal> {
  const start = Date.parse(persona.start);
  const rig = await startRig(ground, { continueEvery: options.continueEvery });
  try {
    rig.setNow(start);
    const run = await begin(rig, playbook, persona, `rehearsal-${randomUUID().slice(0, 8)}`);
    const refused = await live(run, timeline(persona, playbook));
    await options.observe?.({ ...run, client: rig.client });
    const row = await readJourney(rig.database.db, run.journeyId);
    const cost = await journeyCost(rig.client, run.workflowId, run.runId);
    const entries = await readEntries(rig.database.db, run.journeyId, { start, playbook, refused });
    return {
      playbook: playbook.id,
      version: row?.version ?? 0,
      journey: run.journeyId,
      outcome: row?.outcome ?? 'open',
      entries,
      history: cost,
    };
  } finally {
    await rig.stop();
  }
}

async function begin(rig: Rig, playbook: Playbook, persona: Persona, account: string): Promise<Run> {
  // What the account's own facts start lives as if it were then, too.
  const shift = rig.shiftTo(Date.parse(persona.start));
  await putPersona(rig, account, persona);
  const opened = await openIncidentOf(rig, playbook, persona, account);
  const body = {
    playbook: playbook.id,
    account,
    anchor: persona.start,
    ...(persona.options ? { options: persona.options } : {}),
  };
  const { status, body: journey } = opened
    ? await patiently(() => rig.call<Started>('GET', `/v1/journeys/${opened.journey}`), { starts: true })
    : await rig.call<Started>('POST', '/v1/journeys', body);
  if (status !== 200 && status !== 201)
    throw new Error(`the journey did not start (${status}): ${journey.detail ?? ''}`);
  const row = await readJourney(rig.database.db, journey.id);
  if (!row) throw new Error('the journey was not stored');
  const { workflowId, runId } = journey.temporal;
  return {
    rig,
    skip: timeSkipping(rig.client),
    kernel: createKernel(row.timetable, rulesOf(row.kind)),
    program: 0,
    workflowId,
    runId,
    shift,
    journeyId: journey.id,
    kind: row.kind,
  };
}

type Started = {
  id: string;
  state: string;
  detail?: string;
  temporal: { workflowId: string; runId: string };
};

async function live(run: Run, items: Item[]): Promise<Item[]> {
  const { rig } = run;
  const refused: Item[] = [];
  let before: number | undefined;
  for (let instants = 0, looks = 0; instants < MAX_INSTANTS && looks < MAX_LOOKS;) {
    const state = await stateOf(run);
    if (isIncidentKind(run.kind)) await noticesTold(rig, run.journeyId);
    const item = items[0];
    if (!state || state.ended) return [...refused, ...items.map((left) => ({ ...left, refusal: 'journey-ended' }))];
    const wake = (await kernelOf(run, state)).nextWake(state);
    if (!item && wake === undefined) return refused;
    // A wake-up that the server has not told the run of yet is the same instant still.
    const at = Math.min(item?.at ?? Infinity, wake ?? Infinity);
    if (at === before) {
      looks++;
      await sleep(5);
    } else {
      instants++;
      looks = 0;
    }
    before = at;
    if (item && (wake === undefined || item.at <= wake)) {
      await moveTo(run, item.at - HEAD_START_MS);
      rig.setNow(item.at);
      while (items[0]?.at === item.at) {
        const done = await applyItem(rig, run.journeyId, items.shift()!);
        if (done.refusal) refused.push(done);
      }
    } else if (wake !== undefined) {
      await moveTo(run, shownFrom(wake, run.shift) + 1);
      rig.setNow(wake);
    }
    await settle(rig, run.journeyId);
  }
  throw new Error(`the rehearsal did not end within ${MAX_INSTANTS} instants`);
}

/** The kernel of what the run follows now: it may have gone over to another playbook or version. */
async function kernelOf(run: Run, { program = 0 }: State): Promise<Kernel> {
  if (program !== run.program) {
    const row = await readProgram(run.rig.database.db, run.journeyId, program);
    if (row) Object.assign(run, { program, kernel: run.kernel.on(row.timetable) });
  }
  return run.kernel;
}

const moveTo = (run: Run, at: number) => run.skip.fastForwardTo(run.workflowId, at - run.shift);

/** A signal that the engine took may be a moment away from its run still. */
export async function hasHeard({ database }: Rig, journeyId: string, { seen }: State): Promise<boolean> {
  const last = await lastTold(database.db, journeyId);
  return last === undefined || seen.includes(last);
}

/** The run's state once nothing is in flight; undefined when the run has closed. */
async function stateOf({ rig, workflowId, journeyId }: Run): Promise<State | undefined> {
  const handle = rig.client.workflow.getHandle(workflowId);
  for (;;) {
    const description = await handle.describe();
    if (description.status.name !== 'RUNNING') return undefined;
    // What came after it may have the same lock.
    if (description.typedSearchAttributes.get(TenureJourney) !== journeyId) return undefined;
    const busy = (description.raw.pendingActivities?.length ?? 0) > 0 || Boolean(description.raw.pendingWorkflowTask);
    if (!busy) {
      // A run that has just continued as new cannot be asked before its first task.
      const state = await handle.query(journeyStateQuery).catch((error: unknown) => {
        if (isGrpcServiceError(error instanceof ServiceError ? error.cause : error)) return undefined;
        throw error;
      });
      const rests = state && !state.ended && !Object.values(state.steps).some((step) => step.st === 'sending');
      if (rests && (await hasHeard(rig, journeyId, state))) return state;
    }
    await sleep(15);
  }
}
