import { z } from 'zod';
import type { Db } from '../../db/database.ts';
import { listOpenHolds } from '../../db/queries/holds/list-open.ts';
import { listJourneys } from '../../db/queries/journeys/list-journeys.ts';
import { openJourneysOf } from '../../db/queries/journeys/read-journey.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { ApiConfig } from '../deps.ts';
import { HoldView, toHold } from '../holds/hold-view.ts';
import { present } from '../journeys/present.ts';
import { JourneyItem, forecastOf, toItem } from '../journeys/view.ts';

const NextTouch = z.object({
  at: z.string(),
  journey: z.string(),
  playbook: z.string(),
  step: z.string(),
  title: z.string(),
  kind: z.string(),
  class: z.string(),
  channel: z.string().nullable(),
  template: z.string().nullable(),
  waitsFor: z.string().optional(),
});

/** All that is going on with an account: its journeys, what holds it, and who will be told what next. */
export const Outlook = z.object({
  journeys: z.array(JourneyItem),
  holds: z.array(HoldView),
  next: z.array(NextTouch),
});

const TOUCHES = new Set(['message', 'offer', 'survey']);
const NEXT = 20;
const MOST_JOURNEYS = 200;

/** The outlook of an account as it is now: journeys newest first, open holds, and the next touches of all open journeys in the order in which they fall due when nothing intervenes. */
export async function outlookOf(
  db: Db,
  accountId: string,
  clock: number,
  config: ApiConfig,
): Promise<z.infer<typeof Outlook>> {
  const [all, holds, open] = await Promise.all([
    listJourneys(db, { account: accountId }, { limit: MOST_JOURNEYS }),
    listOpenHolds(db, { accountId, now: new Date(clock) }),
    openJourneysOf(db, accountId),
  ]);
  const touches = (await Promise.all(open.map((row) => touchesOf(db, row, clock)))).flat();
  return {
    journeys: all.map((row) => toItem(row, config)),
    holds: holds.map(toHold),
    next: touches
      .sort((a, b) => a.at - b.at)
      .slice(0, NEXT)
      .map(({ at, ...touch }) => ({ ...touch, at: new Date(at).toISOString() })),
  };
}

async function touchesOf(db: Db, row: JourneyRow, clock: number) {
  const entries = forecastOf(await present(db, row, clock)).filter(({ kind }) => TOUCHES.has(kind));
  const steps = new Map(row.timetable.steps.map((step) => [step.id, step]));
  return entries.slice(0, NEXT).map((entry) => ({
    ...entry,
    journey: row.id,
    playbook: row.playbook,
    title: steps.get(entry.step)?.title ?? entry.step,
    class: steps.get(entry.step)?.class ?? 'service',
  }));
}
