import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { and, count, eq, isNull, lte, ne } from 'drizzle-orm';
import { deliveries, journeys } from '../../../db/schema/index.ts';
import type { JourneyRow } from '../../../db/schema/journeys.ts';
import { timeSkipping } from '../../../temporal-config/time-skipping.ts';
import type { TimeSkipping } from '../../../temporal-config/time-skipping.ts';
import { HEAD_START_MS, hasHeard } from '../../../workers/rehearse/rehearse.ts';
import type { Ground, Rig } from '../../../workers/rehearse/rig.ts';
import { startRig } from '../../../workers/rehearse/rig.ts';
import { createKernel } from '../../../workflows/kernel/create-kernel.ts';
import { rulesOf } from '../../../workflows/rules/rules-of.ts';
import type { State } from '../../../workflows/contracts/journey.ts';
import { shownFrom } from '../../../workflows/contracts/time.ts';
import { journeyStateQuery } from '../../../workflows/messages.ts';

/** Rows that only the dispatcher starts are left alone for 2 s. */
const STARTER_MS = 3_000;

/**
 * One account lived through all its journeys in skipped time: every open run is moved to the next instant at which one of them wakes, so that
 * all their clocks agree whenever one of them does something.
 */
export type Story = {
  rig: Rig;
  account: string;
  now(): number;
  /** Lives on until that instant; every run that wakes before does what it does. */
  until(at: number): Promise<void>;
  /** The same, then does something over the API, as the outside would at that instant. */
  at<T>(at: number, act: () => Promise<T>): Promise<T>;
  event(type: string, data?: Record<string, unknown>): Promise<void>;
  stop(): Promise<void>;
};

/** Begins a story at `start`, on an engine of the test run and a database of its own. */
export async function beginStory(ground: Ground, account: string, start: number): Promise<Story> {
  const rig = await startRig(ground);
  const skip = timeSkipping(rig.client);
  rig.shiftTo(start);
  let now = start;

  const put = (at: number) => {
    now = at;
    rig.shiftTo(at);
    rig.setNow(at);
  };

  async function until(target: number): Promise<void> {
    for (;;) {
      const open = await atRest(rig);
      const wakes = open.flatMap(({ wake }) => (wake === undefined ? [] : [wake]));
      const next = Math.min(...wakes, target);
      const jump = next === target && !wakes.includes(target) ? target - HEAD_START_MS : shownFrom(next, 1) + 1;
      await moveAll(skip, open, jump);
      put(next);
      if (next >= target && !wakes.includes(next)) break;
    }
    await atRest(rig);
  }

  const story: Story = {
    rig,
    account,
    now: () => now,
    until,
    at: async (at, act) => {
      await until(at);
      const result = await act();
      await atRest(rig);
      return result;
    },
    event: async (type, data = {}) => {
      const event = { id: randomUUID(), type, account, at: new Date(now).toISOString(), data };
      const { status, body } = await rig.call('POST', '/v1/events', { events: [event] });
      if (status >= 300) throw new Error(`${type} was refused (${status}): ${JSON.stringify(body)}`);
    },
    stop: () => rig.stop(),
  };
  return story;
}

type Open = { row: JourneyRow; wake: number | undefined };

async function moveAll(skip: TimeSkipping, open: Open[], at: number): Promise<void> {
  await Promise.all(open.map(({ row }) => skip.fastForwardTo(row.lock, at - row.clockShift)));
}

/** Every open run once all of them rest: nothing to be told, nothing to be started, nothing in flight. */
async function atRest(rig: Rig): Promise<Open[]> {
  for (;;) {
    const open = await look(rig);
    if (open) return open;
    await sleep(20);
  }
}

async function look(rig: Rig): Promise<Open[] | undefined> {
  const { db } = rig.database;
  const now = new Date(rig.now());
  const [told] = await db
    .select({ n: count() })
    .from(deliveries)
    .where(and(isNull(deliveries.deliveredAt), lte(deliveries.notBefore, now)));
  if (told!.n > 0) return undefined;
  const rows = await db.select().from(journeys).where(isNull(journeys.endedAt));
  if (rows.some((row) => row.state === 'starting')) {
    rig.setNow(Math.max(rig.now(), Math.max(...rows.map((row) => row.startedAt.getTime())) + STARTER_MS));
    return undefined;
  }
  const open: Open[] = [];
  for (const row of rows) {
    const state = await restingState(rig, row);
    if (state === undefined) return undefined;
    open.push({ row, wake: createKernel(row.timetable, rulesOf(row.kind)).nextWake(state) });
  }
  // What ended or began meanwhile is seen by another look.
  const [unended] = await db
    .select({ n: count() })
    .from(journeys)
    .where(and(isNull(journeys.endedAt), ne(journeys.state, 'starting')));
  return unended!.n === rows.length ? open : undefined;
}

async function restingState(rig: Rig, row: JourneyRow): Promise<State | undefined> {
  const { client, database } = rig;
  const handle = client.workflow.getHandle(row.lock);
  const description = await handle.describe().catch(() => undefined);
  if (description?.status.name !== 'RUNNING') {
    const [again] = await database.db.select().from(journeys).where(eq(journeys.id, row.id));
    if (again?.endedAt === null && description !== undefined)
      throw new Error(`the run of ${row.lock} closed before its journey ended`);
    return undefined;
  }
  if ((description.raw.pendingActivities?.length ?? 0) > 0 || description.raw.pendingWorkflowTask) return undefined;
  const state = await handle.query(journeyStateQuery).catch(() => undefined);
  const rests = state && !state.ended && !Object.values(state.steps).some((step) => step.st === 'sending');
  return rests && (await hasHeard(rig, row.id, state)) ? state : undefined;
}
