import { z } from 'zod';
import type { Db } from '../../db/database.ts';
import { listDecisions } from '../../db/queries/decisions/list-decisions.ts';
import { listOpenHolds } from '../../db/queries/holds/list-open.ts';
import { listJourneys } from '../../db/queries/journeys/list-journeys.ts';
import { openJourneysOf } from '../../db/queries/journeys/read-journey.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { ApiConfig } from '../deps.ts';
import { HoldView, toHold } from '../holds/hold-view.ts';
import { present } from '../journeys/present.ts';
import type { Present } from '../journeys/present.ts';
import { JourneyItem, forecastOf, presentItem, toItem } from '../journeys/view.ts';

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
  held: z.string().optional().describe('why it waits though it was due; it is decided anew when that ends'),
  hold: z.string().optional().describe('the hold that it waits for'),
  level: z.string().optional().describe('the level of that hold'),
});

/** All that is going on with an account: its journeys, what holds it, and who will be told what next. */
export const Outlook = z.object({
  journeys: z.array(JourneyItem),
  holds: z.array(HoldView),
  next: z.array(NextTouch),
});

type Held = Awaited<ReturnType<typeof listDecisions>>[number];

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
  const held = await listDecisions(db, { account: accountId, outcome: 'held' }, { limit: NEXT * 5 });
  const now = new Map(await Promise.all(open.map(async (row) => [row.id, await present(db, row, clock)] as const)));
  const touches = open.flatMap((row) => touchesOf(row, now.get(row.id)!, held));
  const rows = new Map(open.map((row) => [row.id, row]));
  return {
    journeys: all.map((one) => {
      const row = rows.get(one.id);
      return row ? presentItem(row, now.get(row.id)!, config) : toItem(one, config);
    }),
    holds: holds.map(toHold),
    next: touches
      .sort((a, b) => a.at - b.at)
      .slice(0, NEXT)
      .map(({ at, ...touch }) => ({ ...touch, at: new Date(at).toISOString() })),
  };
}

function touchesOf(row: JourneyRow, now: Present, held: Held[]) {
  const { kernel, state } = now;
  const { steps: all, playbook } = kernel.timetable;
  const steps = new Map(all.map((step) => [step.id, step]));
  const waiting = held.filter(({ journeyId, step, n }) => {
    const known = state.steps[step];
    return journeyId === row.id && known !== undefined && known.st !== 'done' && known.n === n;
  });
  // A forecast has either answered a held touch already, or lists it when it is looked at again.
  const looked = new Set(waiting.flatMap(({ step }) => (state.steps[step]!.st === 'sending' ? [] : [step])));
  const entries = [
    ...waiting.map(({ step, kind, channel, template, due, at, reason, details }) => ({
      ...{ step, kind, channel, template, at: (due ?? at).getTime(), held: reason ?? 'held' },
      ...textsOf(details, ['hold', 'level']),
    })),
    ...forecastOf(now).filter(({ step }) => !looked.delete(step)),
  ].filter(({ kind }) => TOUCHES.has(kind));
  return entries.slice(0, NEXT).map((entry) => ({
    ...entry,
    journey: row.id,
    playbook,
    title: steps.get(entry.step)?.title ?? entry.step,
    class: steps.get(entry.step)?.class ?? 'service',
  }));
}

const textsOf = (details: Record<string, unknown>, names: string[]) =>
  Object.fromEntries(names.flatMap((name) => (typeof details[name] === 'string' ? [[name, details[name]]] : [])));
