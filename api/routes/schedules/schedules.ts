import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { recordAudit } from '../../../db/queries/audit/record-audit.ts';
import type { Api, Deps } from '../../deps.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';
import { Schedule, listSchedules, look, runAgain, runNow, setPaused } from '../../schedules/schedules.ts';
import { When } from '../../../workflows/contracts/time-schema.ts';

const Note = z.string().trim().min(1).max(500);
const params = z.object({ id: z.string().max(100) });
const schedule = { 200: Schedule, ...problemsOf('invalid-request', 'unknown-item', 'engine-unavailable') };
const changed = {
  200: Schedule,
  ...problemsOf('invalid-request', 'invalid-date', 'unknown-item', 'already-decided', 'engine-unavailable'),
};

/** What runs by itself: sweeps and housekeeping, as the engine's Schedules. */
export function scheduleRoutes(app: Api, deps: Deps): void {
  const tags = ['schedules'];

  /** The change and its audit row: the row is kept only when the engine took the change. */
  const audited = (
    request: FastifyRequest,
    id: string,
    entry: { action: string; note?: string; details?: Record<string, unknown> },
    change: () => Promise<Schedule>,
  ): Promise<Schedule> =>
    deps.database.db.transaction(async (tx) => {
      await recordAudit(tx, {
        at: new Date(deps.clock()),
        actor: actorOf(request),
        action: `schedule.${entry.action}`,
        target: `schedule:${id}`,
        reason: entry.note ?? null,
        details: entry.details ?? {},
      });
      return change();
    });

  app.get(
    '/v1/schedules',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'What runs by itself, and when next',
        response: { 200: z.object({ items: z.array(Schedule) }), ...problemsOf('engine-unavailable') },
      },
    },
    async () => ({ items: await listSchedules(deps) }),
  );
  app.get(
    '/v1/schedules/:id',
    { config: { needs: 'read' }, schema: { tags, summary: 'One of them', params, response: schedule } },
    ({ params: { id } }) => look(deps, id),
  );
  app.post(
    '/v1/schedules/:id/pause',
    {
      config: { needs: 'admin' },
      schema: {
        tags,
        summary: 'Let it not run, until it is resumed',
        params,
        body: z.strictObject({ note: Note }),
        response: changed,
      },
    },
    (request) => {
      const { id } = request.params;
      const { note } = request.body;
      return audited(request, id, { action: 'pause', note }, () => setPaused(deps, id, true, note));
    },
  );
  app.post(
    '/v1/schedules/:id/resume',
    {
      config: { needs: 'admin' },
      schema: {
        tags,
        summary: 'Let it run again; what it missed meanwhile is not caught up by itself',
        params,
        body: z.strictObject({ note: Note.optional() }).nullish(),
        response: changed,
      },
    },
    (request) => {
      const { id } = request.params;
      const note = request.body?.note ?? 'resumed';
      return audited(request, id, { action: 'resume', note }, () => setPaused(deps, id, false, note));
    },
  );
  app.post(
    '/v1/schedules/:id/trigger',
    {
      config: { needs: 'admin' },
      schema: { tags, summary: 'Run it once, now, even when it is paused', params, response: changed },
    },
    (request) => {
      const { id } = request.params;
      return audited(request, id, { action: 'trigger' }, () => runNow(deps, id));
    },
  );
  app.post(
    '/v1/schedules/:id/backfill',
    {
      config: { needs: 'admin' },
      schema: {
        tags,
        summary: 'Run it for each time that it had between two moments of the past, at most 35 days apart',
        params,
        body: z.strictObject({ from: When, to: When }),
        response: changed,
      },
    },
    (request) => {
      const { id } = request.params;
      const { from, to } = request.body;
      const span = { from: new Date(from), to: new Date(to), now: new Date(deps.clock()) };
      return audited(request, id, { action: 'backfill', details: { from, to } }, () => runAgain(deps, id, span));
    },
  );
}
