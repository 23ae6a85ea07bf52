import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { recordAudit } from '../../../db/queries/audit/record-audit.ts';
import { createKey } from '../../../db/queries/keys/create-key.ts';
import { hashKey, newKey } from '../../../db/queries/keys/ensure-admin-key.ts';
import { listKeys } from '../../../db/queries/keys/list-keys.ts';
import { revokeKey } from '../../../db/queries/keys/revoke-key.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Api, Deps } from '../../deps.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';

const Scope = z.enum(['viewer', 'service', 'cs', 'admin']);
const KeyView = z.object({
  id: z.string(),
  name: z.string(),
  scope: z.string(),
  createdAt: z.string(),
  createdBy: z.string(),
  revokedAt: z.string().nullable(),
});

/** API keys: shown once, kept as digests. */
export function keyRoutes(app: Api, { database: { db }, clock }: Deps, forget: () => void): void {
  const tags = ['keys'];
  app.post(
    '/v1/keys',
    {
      config: { needs: 'admin' },
      schema: {
        tags,
        summary: 'Make a key; it is shown this once',
        body: z.strictObject({
          name: z.string().regex(/^[A-Za-z0-9 _.-]{1,64}$/, '1 to 64 letters, digits, spaces, _ . -'),
          scope: Scope,
        }),
        response: { 201: KeyView.extend({ key: z.string() }), ...problemsOf('invalid-request') },
      },
    },
    async (request, reply) => {
      const key = newKey();
      const row = { id: randomUUID(), ...request.body, createdAt: new Date(clock()), createdBy: actorOf(request) };
      await db.transaction(async (tx) => {
        await createKey(tx, { ...row, hash: hashKey(key) });
        await recordAudit(tx, {
          at: row.createdAt,
          actor: row.createdBy,
          action: 'key.create',
          target: `key:${row.id}`,
          details: { scope: row.scope },
        });
      });
      return reply
        .status(201)
        .header('cache-control', 'no-store')
        .send({ ...toView({ ...row, revokedAt: null }), key });
    },
  );
  app.get(
    '/v1/keys',
    {
      config: { needs: 'admin' },
      schema: {
        tags,
        summary: 'List keys, without what opens',
        response: { 200: z.object({ items: z.array(KeyView) }), ...problemsOf() },
      },
    },
    async () => ({ items: (await listKeys(db)).map(toView) }),
  );
  app.delete(
    '/v1/keys/:id',
    {
      config: { needs: 'admin' },
      schema: {
        tags,
        summary: 'Revoke a key',
        params: z.object({ id: z.uuid() }),
        response: { 204: z.null(), ...problemsOf('unknown-item') },
      },
    },
    async (request, reply) => {
      const now = new Date(clock());
      await db.transaction(async (tx) => {
        if (!(await revokeKey(tx, request.params.id, now)))
          throw new TenureError('unknown-item', 'There is no such key in force.');
        await recordAudit(tx, {
          at: now,
          actor: actorOf(request),
          action: 'key.revoke',
          target: `key:${request.params.id}`,
        });
      });
      forget();
      return reply.status(204).send(null);
    },
  );
}

type Row = Awaited<ReturnType<typeof listKeys>>[number];
const toView = ({ id, name, scope, createdBy, ...row }: Row): z.infer<typeof KeyView> => ({
  id,
  name,
  scope,
  createdBy,
  createdAt: row.createdAt.toISOString(),
  revokedAt: row.revokedAt?.toISOString() ?? null,
});
