import { z } from 'zod';
import type { Db, Tx } from '../../../db/database.ts';
import { recordAudit } from '../../../db/queries/audit/record-audit.ts';
import { playbookKinds } from '../../../db/queries/playbooks/playbook-kinds.ts';
import { listPlaybooks } from '../../../db/queries/playbooks/list-playbooks.ts';
import { playbookVersions } from '../../../db/queries/playbooks/playbook-versions.ts';
import { readAllTemplates } from '../../../db/queries/playbooks/read-all-templates.ts';
import { readPlaybook } from '../../../db/queries/playbooks/read-playbook.ts';
import { describePlaybook } from '../../../playbooks/publish/describe.ts';
import { checkPlaybook, mustBeValid, publish, sha256Of } from '../../../playbooks/publish/publish.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { CatalogReader } from '../../playbooks/catalog.ts';
import { Comparison, compareInFlight } from '../../playbooks/compare-in-flight.ts';
import type { Api, Deps } from '../../deps.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';

const Listing = z.object({
  id: z.string(),
  version: z.number().int(),
  kind: z.string(),
  title: z.string(),
  summary: z.string(),
  publishedAt: z.string(),
  publishedBy: z.string(),
});
const Full = Listing.extend({
  sha256: z.string(),
  source: z.string(),
  definition: z.record(z.string(), z.unknown()),
  describes: z.record(z.string(), z.unknown()),
});
const Version = z.object({
  version: z.number().int(),
  sha256: z.string(),
  publishedAt: z.string(),
  publishedBy: z.string(),
});
const Problems = z.object({
  valid: z.boolean(),
  problems: z.array(z.object({ path: z.string(), message: z.string() })),
});
const Done = Comparison.extend({ id: z.string(), version: z.number().int(), dryRun: z.boolean().optional() }).meta({
  id: 'Published',
});
const Source = z.strictObject({ source: z.string().min(1).max(131_072).describe('The playbook as YAML or JSON text') });
const params = z.object({ id: z.string().max(100) });

/** Playbooks: the versioned definitions that journeys follow. */
export function playbookRoutes(app: Api, { database: { db }, clock }: Deps, catalogOf: CatalogReader): void {
  const tags = ['playbooks'];
  app.get(
    '/v1/playbooks',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'The newest version of every playbook',
        response: { 200: z.object({ items: z.array(Listing) }), ...problemsOf() },
      },
    },
    async () => ({ items: (await listPlaybooks(db)).map(toListing) }),
  );
  app.get(
    '/v1/playbooks/:id',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'Read a playbook, and what it reads and may do',
        params,
        querystring: z.strictObject({ version: z.coerce.number().int().positive().optional() }),
        response: { 200: Full, ...problemsOf('invalid-request', 'unknown-playbook') },
      },
    },
    async ({ params: { id }, query }) => {
      const row = await readPlaybook(db, id, query.version);
      if (!row) throw unknown(id, query.version);
      return {
        ...toListing(row),
        sha256: row.sha256,
        source: row.source,
        definition: row.playbook,
        describes: describePlaybook(row.playbook, row.version),
      };
    },
  );
  app.get(
    '/v1/playbooks/:id/versions',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'Every version of a playbook, newest first',
        params,
        response: { 200: z.object({ items: z.array(Version) }), ...problemsOf('unknown-playbook') },
      },
    },
    async ({ params: { id } }) => {
      const rows = await playbookVersions(db, id);
      if (rows.length === 0) throw unknown(id);
      return { items: rows.map((row) => ({ ...row, publishedAt: row.publishedAt.toISOString() })) };
    },
  );
  app.post(
    '/v1/playbooks/validate',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'Every reason why a playbook could not be published',
        body: Source,
        response: { 200: Problems, ...problemsOf('invalid-request') },
      },
    },
    async ({ body }) => {
      const checked = checkPlaybook(body.source, await readAllTemplates(db), { kinds: await playbookKinds(db) });
      const problems = 'problems' in checked ? checked.problems : [];
      return { valid: problems.length === 0, problems };
    },
  );
  app.post(
    '/v1/playbooks',
    {
      config: { needs: 'admin' },
      schema: {
        tags,
        summary:
          'Publish a playbook as the next version of its id; content that is published already answers 200 with its version. Journeys under way stay as they are: the answer shows what going over would change for them',
        querystring: z.strictObject({
          dryRun: z.stringbool().optional().describe('Publish nothing, only show what it would change'),
        }),
        body: Source,
        response: { 200: Done, 201: Done, ...problemsOf('invalid-request', 'invalid-playbook') },
      },
    },
    async (request, reply) => {
      const now = new Date(clock());
      const { source } = request.body;
      if (request.query.dryRun) {
        const { playbook, version } = await wouldPublish(db, source);
        return { id: playbook.id, version, dryRun: true, ...(await compareInFlight(db, playbook, version, clock())) };
      }
      const by = actorOf(request);
      const { created, ...published } = await db.transaction(async (tx: Tx) => {
        const done = await publish(tx as unknown as Db, { source, by, now });
        if (done.created)
          await recordAudit(tx, {
            at: now,
            actor: by,
            action: 'playbook.publish',
            target: `playbook:${done.id}`,
            details: { version: done.version },
          });
        return done;
      });
      catalogOf.forget();
      const { id, version } = published;
      const { playbook } = (await readPlaybook(db, id, version))!;
      return reply
        .status(created ? 201 : 200)
        .send({ id, version, ...(await compareInFlight(db, playbook, version, clock())) });
    },
  );
}

/** The playbook that would be published, and the version that it would be; throws TenureError `invalid-playbook`. */
async function wouldPublish(db: Db, source: string) {
  const playbook = mustBeValid(source, await readAllTemplates(db), { kinds: await playbookKinds(db) });
  const versions = await playbookVersions(db, playbook.id);
  const same = versions.find((one) => one.sha256 === sha256Of(playbook));
  return { playbook, version: same?.version ?? (versions[0]?.version ?? 0) + 1 };
}

const unknown = (id: string, version?: number) =>
  new TenureError(
    'unknown-playbook',
    version === undefined ? `There is no playbook ${id}.` : `There is no version ${version} of ${id}.`,
    { playbook: id },
  );

type Row = Awaited<ReturnType<typeof listPlaybooks>>[number];
const toListing = ({ id, version, playbook, publishedAt, publishedBy }: Row): z.infer<typeof Listing> => ({
  id,
  version,
  kind: playbook.kind,
  title: playbook.title,
  summary: playbook.summary,
  publishedAt: publishedAt.toISOString(),
  publishedBy,
});
