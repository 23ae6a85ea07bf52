import { createHash, randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { claimKey } from '../../db/queries/idempotency/claim-key.ts';
import { settleKey } from '../../db/queries/idempotency/settle-key.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Api, Deps } from '../deps.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';

declare module 'fastify' {
  interface FastifyRequest {
    idempotency: { caller: string; key: string; settled: boolean } | null;
  }
  interface FastifyContextConfig {
    /** A 202 of this route is its whole answer: what it accepted is stored. */
    stored?: true;
  }
}

const LOCK_MS = 30_000;

/** The key of the header: a structured-header string in quotes, or bare. */
function keyOf(header: string): string {
  const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"$/.exec(header.trim())?.[1];
  const key = quoted?.replace(/\\(["\\])/g, '$1') ?? /^[\x21\x23-\x7e]{1,255}$/.exec(header.trim())?.[0];
  if (!key)
    throw new TenureError(
      'idempotency-key-invalid',
      'Idempotency-Key must be 1 to 255 printable characters, in quotes or bare.',
    );
  return key;
}

/** The same value whatever the order of an object's fields. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`;
}
/** A digest of that, to know a body again by. */
export const hashBody = (value: unknown): string => createHash('sha256').update(canonical(value)).digest('base64url');

/** An id for what this request makes: the same for ever for one caller and Idempotency-Key, else random. */
export function idFor(request: FastifyRequest, what: string): string {
  if (!request.idempotency) return randomUUID();
  const { caller, key } = request.idempotency;
  const hex = createHash('sha256').update(`${what}\n${caller}\n${key}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Idempotency-Key on every POST: one key, one effect, one answer, for 24 hours and for one caller. */
export function idempotency(app: Api, { database: { db }, clock }: Deps): void {
  app.decorateRequest('idempotency', null);
  app.addHook('preHandler', async (request, reply) => {
    const header = request.headers['idempotency-key'];
    if (request.method !== 'POST' || header === undefined || !request.caller) return;
    const claim = { caller: request.caller.id, key: keyOf(String(header)) };
    const now = clock();
    const bodyHash = hashBody([request.routeOptions.url, request.params, request.query, request.body]);
    const found = await claimKey(db, {
      ...claim,
      bodyHash,
      now: new Date(now),
      lockedUntil: new Date(now + LOCK_MS),
      expiresAt: new Date(now + DAY_MS),
    });
    if (found.is === 'other-body')
      throw new TenureError('id-reused', 'This Idempotency-Key was used with another request.');
    if (found.is === 'in-progress')
      throw new TenureError('request-in-progress', 'The request with this Idempotency-Key is still being worked on.', {
        retryAfter: 1,
      });
    if (found.is === 'done') {
      void reply.header('idempotent-replayed', 'true').status(found.status);
      if (found.status >= 400) void reply.type('application/problem+json');
      return reply.send(found.body);
    }
    request.idempotency = { ...claim, settled: false };
  });
  // What may yet happen, or may go otherwise next time, is not an answer to keep.
  app.addHook('onSend', async (request, reply, payload) => {
    const claim = request.idempotency;
    if (!claim || claim.settled) return payload;
    claim.settled = true;
    const { statusCode } = reply;
    const final = statusCode !== 202 || request.routeOptions.config.stored === true;
    const keep = final && statusCode < 500 && statusCode !== 429;
    const body = typeof payload === 'string' && payload !== '' ? (JSON.parse(payload) as unknown) : null;
    await settleKey(db, claim, keep ? { status: reply.statusCode, body } : undefined);
    return payload;
  });
}
