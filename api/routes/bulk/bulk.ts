import { z } from 'zod';
import { recordAudit } from '../../../db/queries/audit/record-audit.ts';
import { countOpen, createBulk } from '../../../db/queries/bulk/create-bulk.ts';
import { countItems, listBulkItems, readBulk } from '../../../db/queries/bulk/read-bulk.ts';
import { bulkCommandId } from '../../../workflows/contracts/bulk.ts';
import { CommandBody, OpaqueId } from '../../../workflows/contracts/commands.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import { previewBulk } from '../../bulk/preview-bulk.ts';
import { startBulk } from '../../bulk/start-bulk.ts';
import { Page, fromCursor, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { Changes, toChanges } from '../../journeys/view.ts';
import { actorOf } from '../../plugins/authority.ts';
import { idFor } from '../../plugins/idempotency.ts';
import { InvalidRequest } from '../../problem.ts';
import { problemsOf } from '../../responses.ts';
import { When } from '../../../workflows/contracts/time-schema.ts';

const MOST = 50_000;
const PREVIEWED = 200;

const Filter = z.strictObject({
  account: OpaqueId.optional(),
  playbook: z.string().max(100).optional(),
  version: z.number().int().positive().optional(),
  kind: z.string().max(40).optional(),
  state: z.enum(['open', 'starting', 'running', 'paused']).optional(),
  stage: z.string().max(80).optional(),
  owner: OpaqueId.optional(),
  dueBefore: When.optional(),
  ids: z.array(z.uuid()).min(1).max(1000).optional(),
});
const Body = z.strictObject({ filter: Filter, command: CommandBody, dryRun: z.boolean().optional() });
const Preview = z.object({
  dryRun: z.literal(true),
  total: z.number().int(),
  previewed: z.number().int(),
  accepted: z.number().int(),
  refused: z.record(z.string(), z.number().int()),
  items: z.array(
    z.object({
      journey: z.string(),
      account: z.string(),
      accepted: z.boolean(),
      code: z.string().optional(),
      detail: z.string().optional(),
      changes: Changes,
    }),
  ),
});
const Bulk = z.object({
  id: z.string(),
  state: z.enum(['starting', 'running', 'done']),
  total: z.number().int(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
});
const Counts = z.object({
  applied: z.number().int(),
  refused: z.number().int(),
  unknown: z.number().int(),
  pending: z.number().int(),
});
const Item = z.object({
  journey: z.string(),
  outcome: z.enum(['pending', 'applied', 'refused', 'unknown']),
  code: z.string().nullable(),
  detail: z.string().nullable(),
  at: z.string().nullable(),
});

/** One command for every open journey that a filter finds. */
export function bulkRoutes(app: Api, deps: Deps): void {
  const {
    database: { db },
    clock,
    client,
    config,
    limits,
    log,
  } = deps;
  const tags = ['commands'];

  app.post(
    '/v1/journeys/commands',
    {
      config: { needs: 'act' },
      schema: {
        tags,
        summary: 'Give one command to every open journey of a filter; the selection is frozen now, dryRun previews it',
        body: Body,
        response: { 200: Preview, 202: Bulk, ...problemsOf('invalid-request', 'unknown-plan') },
      },
    },
    async (request, reply) => {
      const { filter: filterBody, command, dryRun } = request.body;
      for (const field of ['id', 'ifRev', 'dryRun'] as const)
        if (command[field] !== undefined)
          throw new InvalidRequest([{ pointer: `/command/${field}`, detail: 'not in a bulk command' }]);
      const filter = {
        ...filterBody,
        dueBefore: filterBody.dueBefore === undefined ? undefined : new Date(filterBody.dueBefore),
      };
      const now = new Date(clock());
      if (dryRun) {
        const items = await previewBulk(db, filter, command, now.getTime(), PREVIEWED);
        const refused: Record<string, number> = {};
        for (const { code } of items) if (code !== undefined) refused[code] = (refused[code] ?? 0) + 1;
        const total = await db.transaction((tx) => countOpen(tx, filter));
        const accepted = items.filter((item) => item.accepted).length;
        return reply.status(200).send({
          dryRun: true,
          total,
          previewed: items.length,
          accepted,
          refused,
          items: items.map((item) => ({ ...item, changes: toChanges(item.changes) })),
        });
      }
      const id = idFor(request, 'bulk');
      const actor = actorOf(request);
      await db.transaction(async (tx) => {
        const total = await createBulk(tx, { id, filter, filterBody, body: command, actor, now, most: MOST });
        if (total === undefined) return;
        await recordAudit(tx, {
          at: now,
          actor,
          action: `bulk.${command.command}`,
          target: `bulk:${id}`,
          reason: command.reason,
          details: { total },
        });
      });
      await startBulk({ db, client, taskQueue: config.taskQueue, startMs: limits.startMs }, id).catch(
        (error: unknown) =>
          log.warn({ bulkId: id, error: (error as Error).name }, 'a bulk command could not be started now; it will be'),
      );
      return reply.status(202).send(await view(id));
    },
  );

  app.get(
    '/v1/journeys/commands/:id',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'What became of a bulk command, journey by journey',
        params: z.object({ id: z.uuid() }),
        querystring: z.strictObject(paging),
        response: {
          200: Page(Item).extend({ bulk: Bulk, counts: Counts }),
          ...problemsOf('invalid-request', 'unknown-item'),
        },
      },
    },
    async ({ params: { id }, query }) => {
      const bulk = await view(id);
      const counts = { applied: 0, refused: 0, unknown: 0, pending: 0 };
      for (const { outcome, count } of await countItems(db, id, bulkCommandId(id)))
        counts[(outcome ?? 'pending') as keyof typeof counts] += count;
      const after = fromCursor(z.int(), query.cursor);
      const rows = await listBulkItems(db, id, bulkCommandId(id), { after, limit: query.limit + 1 });
      const page = pageOf(
        rows,
        query.limit,
        (row) => ({
          journey: row.journey_id,
          outcome: (row.outcome ?? 'pending') as z.infer<typeof Item>['outcome'],
          code: row.code,
          detail: row.detail,
          at: row.answered_at === null ? null : new Date(row.answered_at).toISOString(),
        }),
        (row) => row.position,
      );
      return { bulk, counts, ...page };
    },
  );

  const view = async (id: string): Promise<z.infer<typeof Bulk>> => {
    const row = await readBulk(db, id);
    if (!row) throw new TenureError('unknown-item', 'There is no such bulk command.');
    return {
      id,
      state: row.state as z.infer<typeof Bulk>['state'],
      total: row.total,
      createdAt: row.createdAt.toISOString(),
      endedAt: row.endedAt?.toISOString() ?? null,
    };
  };
}
