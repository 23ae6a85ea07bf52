import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { randomUUID } from 'node:crypto';
import Fastify, { LogController } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { createCommandIssuer } from './commands/issue-command.ts';
import type { CommandIssuer } from './commands/issue-command.ts';
import type { Api, ApiDeps, Deps, Limits } from './deps.ts';
import { catalogReader } from './playbooks/catalog.ts';
import { authority } from './plugins/authority.ts';
import { idempotency } from './plugins/idempotency.ts';
import { metrics } from './plugins/metrics.ts';
import { RELEASE_PER_SECOND } from '../db/queries/waiters/release-waiters.ts';
import { problems, unreadable } from './plugins/problems.ts';
import { describePost } from './responses.ts';
import { accountRoutes } from './routes/accounts/accounts.ts';
import { approvalRoutes } from './routes/approvals/approvals.ts';
import { alertRoutes } from './routes/alerts/alerts.ts';
import { auditRoutes } from './routes/audit/audit.ts';
import { bulkRoutes } from './routes/bulk/bulk.ts';
import { commandRoutes } from './routes/commands/commands.ts';
import { decisionRoutes } from './routes/decisions/decisions.ts';
import { eventRoutes } from './routes/events/events.ts';
import { healthRoutes } from './routes/health/health.ts';
import { holdRoutes } from './routes/holds/holds.ts';
import { alertmanagerHook } from './routes/hooks/alertmanager.ts';
import { hubspotHook } from './routes/hooks/hubspot.ts';
import { incidentRoutes } from './routes/incidents/incidents.ts';
import { inAppRoutes } from './routes/in-app/in-app.ts';
import { historyRoutes } from './routes/journeys/history.ts';
import { journeyRoutes } from './routes/journeys/journeys.ts';
import { proofRoutes } from './routes/journeys/proof.ts';
import { keyRoutes } from './routes/keys/keys.ts';
import { mailboxRoutes } from './routes/mailbox/mailbox.ts';
import { messageRoutes } from './routes/messages/messages.ts';
import { offerRoutes } from './routes/offers/offers.ts';
import { playbookRoutes } from './routes/playbooks/playbooks.ts';
import { scheduleRoutes } from './routes/schedules/schedules.ts';
import { healthListRoutes } from './routes/scores/health.ts';
import { overrideRoutes } from './routes/scores/overrides.ts';
import { scoreRoutes } from './routes/scores/scores.ts';
import { statusRoutes } from './routes/status/status.ts';
import { stopRoutes } from './routes/stops/stops.ts';
import { surveyPage } from './routes/surveys/survey-page.ts';
import { surveyRoutes } from './routes/surveys/surveys.ts';
import { taskRoutes } from './routes/tasks/tasks.ts';
import { unsubscribeRoutes } from './routes/unsubscribe/unsubscribe.ts';

const DEFAULTS: Limits = {
  startMs: 3000,
  commandMs: 5000,
  inFlight: 4,
  turnMs: 2000,
  perKey: 20_000,
  perAddress: 300,
  bodyBytes: 256 * 1024,
  eventBytes: 1024 * 1024,
  releasePerSecond: RELEASE_PER_SECOND,
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
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    loggerInstance: deps.log,
    routerOptions: { maxParamLength: 2048 },
    frameworkErrors: unreadable,
  }).withTypeProvider<ZodTypeProvider>() as unknown as Api;

  problems(app, deps);
  await app.register(helmet, { contentSecurityPolicy: false, hsts: false });
  // JSON is all that is read, except by the page for unsubscribing.
  app.removeContentTypeParser('text/plain');
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
    describePost(route);
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
    historyRoutes(routes, deps);
    proofRoutes(routes, deps);
    commandRoutes(routes, deps, issuer);
    bulkRoutes(routes, deps);
    holdRoutes(routes, deps);
    scoreRoutes(routes, deps, catalogOf);
    overrideRoutes(routes, deps, catalogOf);
    healthListRoutes(routes, deps, catalogOf);
    alertRoutes(routes, deps);
    stopRoutes(routes, deps);
    scheduleRoutes(routes, deps);
    incidentRoutes(routes, deps, catalogOf);
    alertmanagerHook(routes, deps, catalogOf);
    statusRoutes(routes, deps);
    taskRoutes(routes, deps);
    approvalRoutes(routes, deps);
    surveyRoutes(routes, deps);
    offerRoutes(routes, deps, catalogOf);
    decisionRoutes(routes, deps);
    playbookRoutes(routes, deps, catalogOf);
    messageRoutes(routes, deps);
    inAppRoutes(routes, deps);
    keyRoutes(routes, deps, keys.forget);
    auditRoutes(routes, deps);
    healthRoutes(routes, deps);
    metrics(routes, deps);
    mailboxRoutes(routes, deps);
    await hubspotHook(routes, deps, catalogOf);
    await surveyPage(routes, deps);
    await unsubscribeRoutes(routes, deps);
  });
  return app as unknown as FastifyInstance;
}
