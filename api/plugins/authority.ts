import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { findKey } from '../../db/queries/keys/find-key.ts';
import type { Caller } from '../../db/queries/keys/find-key.ts';
import { hashKey } from '../../db/queries/keys/ensure-admin-key.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Api, Deps } from '../deps.ts';

/** What a route is about; a scope allows some of them. `public` needs no key. */
export type Ability = 'public' | 'read' | 'ingest' | 'act' | 'answer' | 'audit' | 'admin';

const ABILITIES: Record<Caller['scope'], readonly Ability[]> = {
  viewer: ['read'],
  service: ['read', 'ingest', 'answer'],
  cs: ['read', 'act', 'answer', 'audit'],
  admin: ['read', 'ingest', 'act', 'answer', 'audit', 'admin'],
};

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** Absent: only `admin`. */
    needs?: Ability;
    /** A token that is this route's own, for callers that have no API key. */
    token?: string | undefined;
  }
}

/** Who the audit trail names for this request. */
export const actorOf = (request: FastifyRequest): string =>
  request.caller ? `${request.caller.scope}:${request.caller.name}` : 'customer';

const CACHE_MS = 2000;

/** Every request is by a known key with the scope that its route needs, and within its rate; guards throw. */
export async function authority(app: Api, deps: Deps): Promise<{ forget(): void }> {
  await app.register(rateLimit, { global: false });
  const perKey = app.createRateLimit({
    max: deps.limits.perKey,
    timeWindow: 10_000,
    keyGenerator: (r) => `key:${r.caller?.id}`,
  });
  const perAddress = app.createRateLimit({
    max: deps.limits.perAddress,
    timeWindow: 60_000,
    keyGenerator: (r) => `ip:${r.ip}`,
  });
  const known = new Map<string, { caller: Caller; until: number }>();

  const identify = async (request: FastifyRequest): Promise<Caller | undefined> => {
    const token = /^Bearer +([\x21-\x7e]{8,512})$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) return undefined;
    const hash = hashKey(token);
    const own = request.routeOptions.config?.token;
    if (own !== undefined && hash === hashKey(own))
      return { id: `hook:${request.routeOptions.url}`, name: 'hook', scope: 'service' };
    const cached = known.get(hash);
    if (cached && cached.until > Date.now()) return cached.caller;
    const caller = await findKey(deps.database.db, hash);
    if (known.size > 1000) known.clear();
    if (caller) known.set(hash, { caller, until: Date.now() + CACHE_MS });
    return caller;
  };

  const within = async (check: ReturnType<Api['createRateLimit']>, request: FastifyRequest, increment = true) => {
    const answer = await check(request, { increment });
    if (!answer.isAllowed && answer.isExceeded)
      throw new TenureError('rate-limited', `Repeat in ${answer.ttlInSeconds} s.`, { retryAfter: answer.ttlInSeconds });
  };

  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request) => {
    const needs: Ability = request.routeOptions.config?.needs ?? (request.is404 ? 'read' : 'admin');
    if (needs === 'public') {
      if (request.method !== 'GET') await within(perAddress, request);
      return;
    }
    const caller = await identify(request);
    if (!caller) {
      await within(perAddress, request);
      throw new TenureError('unauthorized', 'Send a valid API key as "Authorization: Bearer <key>".');
    }
    request.caller = caller;
    await within(perKey, request);
    if (!ABILITIES[caller.scope].includes(needs))
      throw new TenureError('forbidden', `A key of scope ${caller.scope} may not do that.`, { scope: caller.scope });
  });
  return { forget: () => known.clear() };
}
