import { z } from 'zod';
import type { Db } from '../../../db/database.ts';
import { listIncidents, listNoticeItems, readIncident } from '../../../db/queries/incidents/read-incident.ts';
import { readBroadcast } from '../../../db/queries/broadcasts/read-broadcast.ts';
import type { IncidentRow } from '../../../db/schema/incidents.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import { IncidentBody, IncidentCommand, Severity } from '../../../workflows/contracts/incidents.ts';
import { sentenceFor } from '../../../workflows/contracts/reasons.ts';
import { Page, fromCursor, markAt, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { commandIncident } from '../../incidents/command-incident.ts';
import { openUnlessOpen } from '../../incidents/open-unless-open.ts';
import { readView } from '../../incidents/read-view.ts';
import { IncidentItem, IncidentView, toItem } from '../../incidents/view.ts';
import { launch } from '../../journeys/start-journey.ts';
import type { CatalogReader } from '../../playbooks/catalog.ts';
import { actorOf } from '../../plugins/authority.ts';
import { idFor } from '../../plugins/idempotency.ts';
import { problemsOf } from '../../responses.ts';

const params = z.object({ id: z.uuid() });
const Mark = z.object({ at: markAt, id: z.uuid() });
const Notice = z.object({
  account: z.string(),
  outcome: z.string(),
  reason: z.string().nullable(),
  words: z.string().nullable(),
  template: z.string().nullable(),
  variant: z.string().nullable(),
  at: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});

/** Incidents: open, command, list, read; and what became of each notice, account by account. */
export function incidentRoutes(app: Api, deps: Deps, catalogOf: CatalogReader): void {
  const { db } = deps.database;
  const tags = ['incidents'];
  const { releasePerSecond: perSecond } = deps.limits;

  app.post(
    '/v1/incidents',
    {
      config: { needs: 'ingest' },
      schema: {
        tags,
        summary:
          'Open an incident: 201 when it is new, 200 when one is open under its key; title and message are public',
        body: IncidentBody,
        response: {
          200: IncidentItem,
          201: IncidentItem,
          ...problemsOf(
            'invalid-request',
            'unknown-account',
            'unknown-plan',
            'unknown-name',
            'account-closed',
            'incident-refused',
          ),
        },
      },
    },
    async (request, reply) => {
      const { incident, created, journey } = await openUnlessOpen(db, async (tx) => ({
        id: idFor(request, 'incident'),
        body: request.body,
        source: 'api' as const,
        actor: actorOf(request),
        catalog: await catalogOf(tx),
        systemZone: deps.config.systemZone,
        now: deps.clock(),
        perSecond,
        clockShift: deps.clockShift?.(),
      }));
      if (journey) await launch(deps, journey);
      return reply.status(created ? 201 : 200).send(toItem(incident));
    },
  );

  app.get(
    '/v1/incidents',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'List incidents, newest first',
        querystring: z.strictObject({
          kind: z.enum(['platform', 'business']).optional(),
          state: z.enum(['open', 'closed']).optional(),
          severity: Severity.optional(),
          ...paging,
        }),
        response: { 200: Page(IncidentItem), ...problemsOf('invalid-request') },
      },
    },
    async ({ query }) => {
      const { cursor, limit, state, ...filter } = query;
      const after = fromCursor(Mark, cursor);
      const open = state === undefined ? undefined : state === 'open';
      const rows = await listIncidents(db, { ...filter, open }, { after, limit: limit + 1 });
      return pageOf(rows, limit, toItem, (row) => ({ at: row.openedAt.toISOString(), id: row.id }));
    },
  );

  app.get(
    '/v1/incidents/:id',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'One incident with its timeline, notices, alerts and pages',
        params,
        response: { 200: IncidentView, ...problemsOf('invalid-request', 'unknown-incident') },
      },
    },
    async (request) => readView(db, await mustRead(db, request.params.id)),
  );

  app.post(
    '/v1/incidents/:id/commands',
    {
      config: { needs: 'act' },
      schema: {
        tags,
        summary: 'Command an incident: done, or refused with the reason and the nearest that would be accepted',
        params,
        body: IncidentCommand,
        response: {
          200: IncidentItem,
          ...problemsOf('invalid-request', 'unknown-incident', 'unknown-account', 'unknown-plan', 'incident-refused'),
        },
      },
    },
    async (request) =>
      toItem(
        await db.transaction(async (tx) =>
          commandIncident(tx, {
            id: request.params.id,
            command: request.body,
            actor: actorOf(request),
            catalog: await catalogOf(tx),
            now: deps.clock(),
            perSecond,
          }),
        ),
      ),
  );

  app.get(
    '/v1/incidents/:id/notices/:notice',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'What became of one notice, account by account',
        params: z.object({ id: z.uuid(), notice: z.uuid() }),
        querystring: z.strictObject(paging),
        response: { 200: Page(Notice), ...problemsOf('invalid-request', 'unknown-incident') },
      },
    },
    async ({ params: { id, notice }, query }) => {
      const broadcast = await readBroadcast(db, notice);
      if (broadcast?.incidentId !== id) throw unknown(id);
      const after = fromCursor(z.int(), query.cursor);
      const rows = await listNoticeItems(db, notice, { after, limit: query.limit + 1 });
      return pageOf(
        rows,
        query.limit,
        (row) => ({
          account: row.accountId,
          outcome: row.outcome ?? 'pending',
          reason: row.reason,
          words: row.reason === null ? null : sentenceFor(row.reason),
          template: row.template,
          variant: row.variant,
          at: row.at?.toISOString() ?? null,
          details: row.details,
        }),
        (row) => row.position,
      );
    },
  );
}

const unknown = (id: string) => new TenureError('unknown-incident', 'There is no such incident.', { incident: id });

async function mustRead(db: Db, id: string): Promise<IncidentRow> {
  const row = await readIncident(db, id);
  if (!row) throw unknown(id);
  return row;
}
