import { Feed } from 'feed';
import { z } from 'zod';
import { PAST_DAYS, publicStatus } from '../../incidents/public-status.ts';
import type { PublicStatus } from '../../incidents/public-status.ts';
import type { Api, Deps } from '../../deps.ts';
import { markup } from '../../pages/page.ts';
import { problemsOf } from '../../responses.ts';
import { STYLE_HASH, statusPage } from './status-page.ts';

const FRESH_MS = 3_000;

const Incident = z.object({
  id: z.string(),
  title: z.string(),
  status: z.string(),
  impact: z.enum(['minor', 'degraded', 'partial', 'major']),
  startedAt: z.string(),
  updatedAt: z.string(),
  resolvedAt: z.string().nullable(),
  nextUpdateAt: z.string().nullable(),
  updates: z.array(z.object({ status: z.string(), message: z.string(), at: z.string() })),
});
const Status = z
  .object({
    indicator: z.enum(['operational', 'minor', 'degraded', 'partial', 'major']),
    description: z.string(),
    updatedAt: z.string(),
    incidents: z.array(Incident).describe('Those that are not resolved, newest first'),
    past: z.array(Incident).describe(`Those of the last ${PAST_DAYS} days`),
  })
  .meta({ id: 'Status' });

/** The public status: a page, JSON, and a feed. Everybody may ask; the database is asked once in three seconds. */
export function statusRoutes(app: Api, deps: Deps): void {
  const { statusName = 'Service status', publicUrl } = deps.config;
  const home = `${publicUrl.replace(/\/$/, '')}/status`;
  const read = remembered(() => publicStatus(deps.database.db, deps.clock()));
  const cached = { 'cache-control': 'public, max-age=5', 'access-control-allow-origin': '*' };
  const tags = ['status'];

  app.get(
    '/v1/status',
    {
      config: { needs: 'public' },
      schema: {
        tags,
        summary: 'The public status with current and past incidents',
        security: [],
        response: { 200: Status, ...problemsOf() },
      },
    },
    async (_request, reply) => reply.headers(cached).send(await read()),
  );

  app.get(
    '/v1/status.atom',
    { config: { needs: 'public' }, schema: { tags, summary: 'Public updates as an Atom feed', security: [] } },
    async (_request, reply) =>
      reply
        .headers(cached)
        .type('application/atom+xml; charset=utf-8')
        .send(atom(await read(), statusName, home)),
  );

  app.get('/status', { config: { needs: 'public' }, schema: { hide: true } }, async (_request, reply) =>
    reply
      .headers({
        ...cached,
        'content-security-policy': `default-src 'none'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      })
      .type('text/html; charset=utf-8')
      .send(statusPage(await read(), { name: statusName, feed: '/v1/status.atom' })),
  );
}

/** One reading for everybody who asks within three seconds of it. */
function remembered(read: () => Promise<PublicStatus>): () => Promise<PublicStatus> {
  let known: Promise<PublicStatus> | undefined;
  let until = 0;
  return () => {
    if (!known || performance.now() >= until) {
      until = performance.now() + FRESH_MS;
      known = read();
      known.catch(() => (known = undefined));
    }
    return known;
  };
}

// A feed's texts are HTML within XML 1.0, which knows no control characters.
const asHtml = (text: string) => markup`${text.replace(/[^\P{Cc}\n\t]|[\uFFFE\uFFFF]/gu, '')}`.html;

function atom(status: PublicStatus, name: string, home: string): string {
  const all = [...status.incidents, ...status.past];
  const newest = all
    .flatMap((one) => one.updatedAt)
    .sort()
    .at(-1);
  const feed = new Feed({
    id: home,
    link: home,
    title: name,
    description: status.description,
    updated: new Date(newest ?? 0),
    copyright: '',
    author: { name },
    feedLinks: { atom: home.replace(/\/status$/, '/v1/status.atom') },
  });
  const items = all.flatMap((incident) => incident.updates.map((update) => ({ incident, update })));
  for (const { incident, update } of items.sort((a, b) => b.update.at.localeCompare(a.update.at)).slice(0, 100))
    feed.addItem({
      id: `${home}#${incident.id}/${update.at}`,
      link: `${home}#i-${incident.id}`,
      title: asHtml(`${update.status}: ${incident.title}`),
      date: new Date(update.at),
      description: asHtml(update.message).replaceAll('\n', '<br>'),
    });
  return feed.atom1();
}
