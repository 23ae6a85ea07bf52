import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { presence } from '../../commands/send-update.ts';
import type { Api, Deps } from '../../deps.ts';

const Ready = z.object({
  ready: z.boolean(),
  database: z.enum(['ok', 'unreachable']),
  engine: z.enum(['ok', 'unreachable']),
  worker: z.enum(['ok', 'none', 'unknown']),
  canary: z.enum(['ok', 'none', 'not-asked']),
});

/** Whether the process lives, and whether all that it needs answers. */
export function healthRoutes(app: Api, { database: { db }, client, config, canary }: Deps): void {
  const tags = ['health'];
  app.get(
    '/healthz',
    {
      config: { needs: 'public' },
      schema: {
        tags,
        summary: 'The process lives',
        security: [],
        response: { 200: z.object({ ok: z.literal(true) }) },
      },
    },
    async () => ({ ok: true as const }),
  );

  app.get(
    '/readyz',
    {
      config: { needs: 'public' },
      schema: {
        tags,
        summary: 'Database, engine and a worker answer',
        security: [],
        response: { 200: Ready, 503: Ready },
      },
    },
    async (_request, reply) => {
      const [database, engine, sang] = await Promise.all([
        within(2000, db.execute(sql`select 1`)).then(
          () => 'ok' as const,
          () => 'unreachable' as const,
        ),
        presence(client, config.taskQueue, 2000),
        canary
          ? Promise.resolve(canary()).then(
              (ok) => (ok ? ('ok' as const) : ('none' as const)),
              () => 'none' as const,
            )
          : ('not-asked' as const),
      ]);
      const worker =
        engine === 'here' ? ('ok' as const) : engine === 'no-worker' ? ('none' as const) : ('unknown' as const);
      const ready = database === 'ok' && engine === 'here' && sang !== 'none';
      return reply.status(ready ? 200 : 503).send({
        ready,
        database,
        engine: engine === 'engine-unavailable' ? 'unreachable' : 'ok',
        worker,
        canary: sang,
      });
    },
  );
}

async function within<T>(ms: number, work: PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => (timer = setTimeout(() => reject(new Error('late')), ms)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
