import { z } from 'zod';
import type { Db } from '../../db/database.ts';
import { readCommand } from '../../db/queries/commands/read-command.ts';
import type { JourneyItem as Row } from '../../db/queries/journeys/list-journeys.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { Change, ForecastEntry, JourneyStatus, State } from '../../workflows/contracts/journey.ts';
import type { ApiConfig } from '../deps.ts';
import { present } from './present.ts';
import type { Present } from './present.ts';

const iso = (at: number | Date) => new Date(at).toISOString();
const isoOrNull = (at: number | Date | null | undefined) => (at === null || at === undefined ? null : iso(at));

export const JourneyItem = z.object({
  id: z.string(),
  playbook: z.string(),
  version: z.number().int(),
  /** How often it has gone over to another playbook or version. */
  program: z.number().int(),
  kind: z.string(),
  account: z.string(),
  key: z.string().nullable(),
  state: z.enum(['starting', 'running', 'paused', 'ended']),
  stage: z.string().nullable(),
  outcome: z.string().nullable(),
  next: z.object({ step: z.string(), at: z.string() }).nullable(),
  plan: z.string(),
  owner: z.string().nullable(),
  rev: z.number().int(),
  anchor: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  temporal: z.object({ workflowId: z.string(), runId: z.string().nullable(), url: z.string() }),
});
export const Forecast = z.array(
  z.object({
    step: z.string(),
    at: z.string(),
    kind: z.string(),
    channel: z.string().nullable(),
    template: z.string().nullable(),
    waitsFor: z.string().optional(),
  }),
);
export const JourneyView = JourneyItem.extend({
  pause: z
    .object({
      since: z.string(),
      until: z.string().nullable(),
      clock: z.string().nullable(),
      by: z.string(),
      reason: z.string().nullable(),
      command: z.string(),
    })
    .nullable(),
  forecast: Forecast,
}).meta({ id: 'Journey' });
export const Changes = z.array(
  z.object({
    what: z.string(),
    from: z.string().nullable().optional(),
    to: z.string().nullable().optional(),
    note: z.string().optional(),
  }),
);

type Stored = Row | JourneyRow;

/** A journey as its row tells it: of lists, and right after a start. */
export function toItem(row: Stored, config: ApiConfig): z.infer<typeof JourneyItem> {
  return {
    id: row.id,
    playbook: row.playbook,
    version: row.version,
    program: row.program,
    kind: row.kind,
    account: row.accountId,
    key: row.key,
    state: row.state as JourneyStatus | 'starting',
    stage: row.stage,
    outcome: row.outcome,
    next: row.nextStep !== null && row.nextAt !== null ? { step: row.nextStep, at: iso(row.nextAt) } : null,
    plan: row.plan,
    owner: row.owner,
    rev: row.rev,
    anchor: iso(row.anchor),
    startedAt: iso(row.startedAt),
    endedAt: isoOrNull(row.endedAt),
    temporal: { workflowId: row.lock, runId: row.runId, url: runUrl(row, config) },
  };
}

function runUrl({ lock, runId }: Pick<Stored, 'lock' | 'runId'>, { temporalUiUrl, namespace }: ApiConfig): string {
  if (!temporalUiUrl) return '';
  const base = `${temporalUiUrl.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(lock)}`;
  return runId ? `${base}/${runId}` : base;
}

/** A journey as it is now, by snapshot and all that came since. */
export async function toView(
  db: Db,
  row: JourneyRow,
  clock: number,
  config: ApiConfig,
): Promise<z.infer<typeof JourneyView>> {
  const now = await present(db, row, clock);
  return {
    ...presentItem(row, now, config),
    pause: await pauseOf(db, row, now),
    forecast: toForecast(forecastOf(now)),
  };
}

/** A journey of a list as it is now. */
export const presentItem = (row: JourneyRow, now: Present, config: ApiConfig): z.infer<typeof JourneyItem> => ({
  ...toItem(row, config),
  ...presentFields(row, now),
});

function presentFields(row: JourneyRow, { kernel, state }: Present) {
  if (row.endedAt) return {};
  const status = kernel.status(state);
  const next = sooner(kernel.next(state), heldStep(row, state));
  const { playbook, version } = kernel.timetable;
  return {
    ...{ playbook, version, program: state.program ?? 0 },
    state: row.state === 'starting' && status === 'running' ? ('starting' as const) : status,
    stage: kernel.stage(state),
    outcome: state.ended?.outcome ?? null,
    next: next && { step: next.step, at: iso(next.at) },
    plan: state.plan,
    owner: state.owner,
    rev: state.rev,
  };
}

/** A step that is held is in flight to a state that has not heard of it yet; the row says when it is looked at again. */
function heldStep({ nextStep, nextAt }: JourneyRow, { steps, pause }: State) {
  if (pause || nextStep === null || nextAt === null || steps[nextStep]?.st !== 'sending') return null;
  return { step: nextStep, at: nextAt.getTime() };
}

type Next = { step: string; at: number } | null;
const sooner = (a: Next, b: Next): Next => (a && b ? (b.at < a.at ? b : a) : (a ?? b));

async function pauseOf(db: Db, { id }: JourneyRow, { state: { pause } }: Present) {
  if (!pause) return null;
  const command = await readCommand(db, id, pause.by);
  return {
    since: iso(pause.since),
    until: isoOrNull(pause.until),
    clock: pause.clock,
    by: command?.actor ?? 'tenure',
    reason: command?.reason ?? null,
    command: pause.by,
  };
}

/** What will happen from here, when nothing intervenes. */
export const forecastOf = ({ kernel, state, now }: Present): ForecastEntry[] =>
  state.ended ? [] : kernel.forecast(state, now);

/** Dates of a forecast as ISO-8601. */
export const toForecast = (entries: ForecastEntry[]): z.infer<typeof Forecast> =>
  entries.map((entry) => ({ ...entry, at: iso(entry.at) }));

/** Dates of changes as ISO-8601. */
export const toChanges = (changes: Change[]): z.infer<typeof Changes> =>
  changes.map(({ what, from, to, note }) => ({
    what,
    ...(from === undefined ? {} : { from: text(from) }),
    ...(to === undefined ? {} : { to: text(to) }),
    ...(note === undefined ? {} : { note }),
  }));
const text = (value: number | string | null) => (typeof value === 'number' ? iso(value) : value);

export type { State };
