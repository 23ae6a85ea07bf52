import { z } from 'zod';
import { bookMeeting } from '../../../db/queries/tasks/book-meeting.ts';
import { completeTask } from '../../../db/queries/tasks/complete-task.ts';
import { listTasks } from '../../../db/queries/tasks/list-tasks.ts';
import type { TaskRow } from '../../../db/queries/tasks/list-tasks.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { Page, fromCursor, markAt, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';
import { When } from '../../../workflows/contracts/time-schema.ts';

const TaskView = z
  .object({
    id: z.string(),
    journey: z.string().nullable(),
    account: z.string(),
    step: z.string().nullable(),
    kind: z.string(),
    title: z.string(),
    instructions: z.string(),
    data: z.record(z.string(), z.unknown()),
    link: z.string().nullable(),
    attendees: z.string().nullable(),
    bookedFor: z.string().nullable(),
    owner: z.string().nullable(),
    ownerRole: z.string(),
    minutes: z.number().nullable(),
    dueAt: z.string().nullable(),
    level: z.number().int(),
    state: z.string(),
    outcome: z.string().nullable(),
    completedBy: z.string().nullable(),
    createdAt: z.string(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'Task' });
const Mark = z.object({ due: markAt.nullable(), id: z.uuid() });

/** Tasks: what staff must do by when. */
export function taskRoutes(app: Api, { database: { db }, clock }: Deps): void {
  const tags = ['tasks'];
  app.get(
    '/v1/tasks',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'List tasks, the soonest due first',
        querystring: z.strictObject({
          account: OpaqueId.optional(),
          journey: z.uuid().optional(),
          owner: OpaqueId.optional(),
          ownerRole: z.string().max(40).optional(),
          kind: z.enum(['task', 'meeting', 'checklist', 'approval']).optional(),
          state: z.enum(['open', 'completed', 'cancelled', 'missed']).optional(),
          ...paging,
        }),
        response: { 200: Page(TaskView), ...problemsOf('invalid-request') },
      },
    },
    async ({ query }) => {
      const { cursor, limit, account, journey, ...filter } = query;
      const mark = fromCursor(Mark, cursor);
      const after = mark && { id: mark.id, due: mark.due === null ? null : new Date(mark.due) };
      const rows = await listTasks(db, { ...filter, accountId: account, journeyId: journey, after, limit: limit + 1 });
      return pageOf(rows, limit, toView, (row) => ({ due: row.dueAt?.toISOString() ?? null, id: row.id }));
    },
  );
  app.post(
    '/v1/tasks/:id/book',
    {
      config: { needs: 'answer' },
      schema: {
        tags,
        summary: 'Say when a meeting is to take place; a later word moves it',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({ at: When, reason: z.string().max(2000).optional() }),
        response: {
          200: TaskView,
          ...problemsOf('invalid-request', 'unknown-item', 'already-decided', 'invalid-date'),
        },
      },
    },
    async (request) => {
      const { at, reason } = request.body;
      const said = { id: request.params.id, reason, actor: actorOf(request), now: new Date(clock()) };
      return toView(await bookMeeting(db, { ...said, at: new Date(at) }));
    },
  );
  app.post(
    '/v1/tasks/:id/complete',
    {
      config: { needs: 'answer' },
      schema: {
        tags,
        summary:
          'Complete a task, one item of a checklist, or a meeting that was held or nobody came to; the first word wins',
        params: z.object({ id: z.uuid() }),
        body: z
          .strictObject({
            outcome: z.enum(['completed', 'answered', 'missed', 'held', 'no-show']).optional(),
            item: z.string().max(64).optional(),
            value: z.union([z.string().max(200), z.number()]).optional(),
            reason: z.string().max(2000).optional(),
          })
          .nullish(),
        response: { 200: TaskView, ...problemsOf('invalid-request', 'unknown-item', 'already-decided') },
      },
    },
    async (request) => {
      const { outcome = 'completed', ...rest } = request.body ?? {};
      return toView(
        await completeTask(db, {
          ...rest,
          id: request.params.id,
          what: outcome,
          actor: actorOf(request),
          now: new Date(clock()),
        }),
      );
    },
  );
}

const toView = (row: TaskRow): z.infer<typeof TaskView> => ({
  id: row.id,
  journey: row.journeyId,
  account: row.accountId,
  step: row.step,
  kind: row.kind,
  title: row.title,
  instructions: row.instructions,
  data: row.data,
  link: row.link,
  attendees: row.attendees,
  bookedFor: row.bookedFor?.toISOString() ?? null,
  owner: row.owner,
  ownerRole: row.ownerRole,
  minutes: row.minutes,
  dueAt: row.dueAt?.toISOString() ?? null,
  level: row.level,
  state: row.state,
  outcome: row.outcome,
  completedBy: row.completedBy,
  createdAt: row.createdAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
});
