import { Gauge, Histogram, Registry } from 'prom-client';
import { readFigures } from '../../db/queries/journeys/read-figures.ts';
import type { Api, Deps } from '../deps.ts';

/** Durations of requests as they are answered, and the figures of the database when they are asked for. */
export function metrics(app: Api, { database: { db }, clock, log }: Deps): Registry {
  const registry = new Registry();
  const registers = [registry];
  const durations = new Histogram({
    name: 'tenure_http_request_duration_seconds',
    help: 'Duration of HTTP requests by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    registers,
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    durations.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    log.info(
      {
        method: request.method,
        route,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        instance: request.id,
        caller: request.caller?.id,
      },
      'answered',
    );
  });

  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const journeys = gauge('tenure_journeys', 'Journeys by state and kind; ended ones of 30 days', ['state', 'kind']);
  const commands = gauge('tenure_commands_day', 'Commands of the last day by name and outcome', ['command', 'outcome']);
  const single = {
    backlog: gauge('tenure_deliveries_backlog', 'Events and facts that runs are still to be told'),
    backlogAge: gauge('tenure_deliveries_oldest_seconds', 'Age of the oldest of them'),
    inDoubt: gauge('tenure_messages_in_doubt', 'Messages of which nobody knows whether they left'),
    inDoubtAge: gauge('tenure_messages_in_doubt_oldest_seconds', 'Age of the oldest of them'),
    stops: gauge('tenure_stops_open', 'Stops that stand'),
    holds: gauge('tenure_holds_open', 'Holds that stand'),
    unanswered: gauge('tenure_commands_unanswered', 'Commands whose outcome is not known yet'),
    unansweredAge: gauge('tenure_commands_unanswered_oldest_seconds', 'Age of the oldest of them'),
  };

  app.get('/metrics', { config: { needs: 'public' }, schema: { hide: true } }, async (_request, reply) => {
    const figures = await readFigures(db, new Date(clock()));
    journeys.reset();
    commands.reset();
    for (const { state, kind, count } of figures.journeys) journeys.set({ state, kind }, count);
    for (const { name, state, count } of figures.commands) commands.set({ command: name, outcome: state }, count);
    single.backlog.set(figures.deliveries.backlog);
    single.backlogAge.set(figures.deliveries.oldestSeconds);
    single.inDoubt.set(figures.inDoubt.count);
    single.inDoubtAge.set(figures.inDoubt.oldestSeconds);
    single.stops.set(figures.openStops);
    single.holds.set(figures.openHolds);
    single.unanswered.set(figures.unanswered.count);
    single.unansweredAge.set(figures.unanswered.oldestSeconds);
    return reply.type(registry.contentType).send(await registry.metrics());
  });
  return registry;
}
