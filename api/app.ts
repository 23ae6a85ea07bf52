import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { createCommandIssuer } from './commands/issue-command.ts';
import type { CommandIssuer } from './commands/issue-command.ts';
import type { Api, ApiDeps, Deps, Limits } from './deps.ts';
import { catalogReader } from './playbooks/catalog.ts';
import { authority } from './plugins/authority.ts';
import { idempotency } from './plugins/idempotency.ts';
import { problems } from './plugins/problems.ts';
import { accountRoutes } from './routes/accounts/accounts.ts';
import { commandRoutes } from './routes/commands/commands.ts';
import { eventRoutes } from './routes/events/events.ts';
import { journeyRoutes } from './routes/journeys/journeys.ts';

const DEFAULTS: Limits = {
  startMs: 3000,
  commandMs: 5000,
  inFlight: 4,
  turnMs: 2000,
  perKey: 20_000,
  perAddress: 300,
  bodyBytes: 256 * 1024,
  eventBytes: 1024 * 1024,
  releasePerSecond: 5,
};

declare module 'fastify' {
  interface FastifyInstance {
    /** The way in which commands reach runs, for the sweep of those without an answer. */
    issuer: CommandIssuer;
  }
}

/** The API as it stands behind any server: no port, no signal, no environment. */
export async function buildApp(given: ApiDeps): Promise<FastifyInstance> {
  const limits = { ...DEFAULTS, ...given.config.limits, ...given.config.deadlines };
  const deps: Deps = { ...given, limits };
  const app: Api = Fastify({
    bodyLimit: limits.bodyBytes,
    disableRequestLogging: true,
    genReqId: () => randomUUID(),
    loggerInstance: deps.log,
    routerOptions: { maxParamLength: 2048 },
  }).withTypeProvider<ZodTypeProvider>() as unknown as Api;

  problems(app, deps);
  await app.register(helmet, { contentSecurityPolicy: false, hsts: false });
  await app.register(formbody);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Tenure', version: '1', description: 'Customer journeys as durable workflows.' },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  const keys = await authority(app, deps);
  idempotency(app, deps);
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/docs')) route.config = { ...route.config, needs: 'public' };
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });

  const { database, client, clock, log, config } = deps;
  const issuer = createCommandIssuer({ database, client, clock, log, taskQueue: config.taskQueue, ...limits });
  app.decorate('issuer', issuer);
  const catalogOf = catalogReader();
  await app.register(async (plain) => {
    const routes = plain as unknown as Api;
    accountRoutes(routes, deps, catalogOf);
    eventRoutes(routes, deps, catalogOf);
    journeyRoutes(routes, deps, catalogOf);
    commandRoutes(routes, deps, issuer);
    void keys;
  });
  return app as unknown as FastifyInstance;
}
