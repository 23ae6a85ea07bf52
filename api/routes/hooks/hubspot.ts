import { timingSafeEqual } from 'node:crypto';
import { Signature } from '@hubspot/api-client';
import { z } from 'zod';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import { takeCrmChanges } from '../../crm/take-crm-changes.ts';
import type { CrmChange } from '../../crm/take-crm-changes.ts';
import type { Api, ApiConfig, Deps } from '../../deps.ts';
import type { Config } from '../../../temporal-config/config.ts';
import type { CatalogReader } from '../../playbooks/catalog.ts';
import { problemsOf } from '../../responses.ts';
import { unstorable } from '../../unstorable.ts';

/** HubSpot refuses nothing that is younger; what is older may be somebody's recording. */
const REPLAY_WINDOW_MS = 300_000;
const KINDS = { company: 'company', contact: 'contact', deal: 'deal' } as const;
const TYPE = /^(company|contact|deal)\.(propertyChange|deletion)$/;
const PROGRAMS = new Set(['INTEGRATION', 'API', 'CRM_API']);

const Notification = z.object({
  eventId: z.union([z.number(), z.string()]),
  subscriptionType: z.string(),
  objectId: z.union([z.number(), z.string()]),
  occurredAt: z.number().nonnegative(),
  propertyName: z.string().max(200).optional(),
  propertyValue: z.string().max(65_536).nullish(),
  changeSource: z.string().optional(),
});

/** The webhook's part of the API's configuration, where a client secret is given. */
export const hubspotHookOf = ({ hubspot: { clientSecret } }: Pick<Config, 'hubspot'>): Pick<ApiConfig, 'hubspot'> =>
  clientSecret ? { hubspot: { clientSecret } } : {};

/** What was changed in HubSpot: signed by its app's secret (v3), young, and taken once. */
export async function hubspotHook(app: Api, deps: Deps, catalogOf: CatalogReader): Promise<void> {
  const { clientSecret } = deps.config.hubspot ?? {};
  await app.register(async (plain) => {
    const routes = plain as unknown as Api;
    // The signature is over the very bytes.
    routes.removeContentTypeParser('application/json');
    routes.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    routes.post(
      '/v1/hooks/hubspot',
      {
        config: { needs: 'public' },
        bodyLimit: deps.limits.eventBytes,
        schema: {
          tags: ['hooks'],
          summary: "HubSpot's webhook (signature v3)",
          security: [],
          response: {
            200: z.object({ taken: z.number(), ignored: z.number() }),
            ...problemsOf('unauthorized', 'invalid-request', 'not-configured'),
          },
        },
      },
      async (request) => {
        if (!clientSecret)
          throw new TenureError('not-configured', 'No HubSpot app is configured: set TENURE_HUBSPOT_CLIENT_SECRET.');
        const body = typeof request.body === 'string' ? request.body : '';
        const timestamp = Number(request.headers['x-hubspot-request-timestamp']);
        const signature = String(request.headers['x-hubspot-signature-v3'] ?? '');
        const now = deps.clock();
        const url = deps.config.publicUrl.replace(/\/+$/, '') + request.url;
        const expected = Signature.getSignature('POST', 'v3', {
          clientSecret,
          requestBody: body,
          signature,
          url,
          timestamp,
        });
        if (!(Math.abs(now - timestamp) <= REPLAY_WINDOW_MS) || !same(signature, expected))
          throw new TenureError(
            'unauthorized',
            'The signature is not valid, or the request is older than five minutes.',
          );
        const changes = changesOf(body);
        const { taken, ignored } = await deps.database.db.transaction(async (tx) =>
          takeCrmChanges(tx, changes, {
            catalog: await catalogOf(tx),
            systemZone: deps.config.systemZone,
            secret: deps.config.secret,
            now,
          }),
        );
        return { taken, ignored };
      },
    );
  });
}

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

function changesOf(body: string): CrmChange[] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new TenureError('invalid-request', 'The body is no JSON.');
  }
  const parsed = z.array(Notification).max(1000).safeParse(json);
  if (!parsed.success) throw new TenureError('invalid-request', 'The body is no list of notifications of HubSpot.');
  return parsed.data.flatMap((one): CrmChange[] => {
    const [, kind, what] = TYPE.exec(one.subscriptionType) ?? [];
    // What the database cannot keep must not take the rest of the call with it: HubSpot would repeat it all for a day.
    if (!kind || unstorable(one).length > 0 || (what === 'propertyChange' && one.propertyName === undefined)) return [];
    return [
      {
        id: String(one.eventId),
        kind: KINDS[kind as keyof typeof KINDS],
        remoteId: String(one.objectId),
        at: one.occurredAt,
        ...(what === 'propertyChange' ? { property: one.propertyName!, value: one.propertyValue ?? '' } : {}),
        byProgram: PROGRAMS.has(one.changeSource ?? ''),
      },
    ];
  });
}
