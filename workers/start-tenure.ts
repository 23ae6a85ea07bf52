import type { Logger } from 'pino';
import { ensureAdminKey } from '../db/queries/keys/ensure-admin-key.ts';
import { signingSecret } from '../db/queries/keys/signing-secret.ts';
import { startApi } from '../api/server.ts';
import { hubspotHookOf } from '../api/routes/hooks/hubspot.ts';
import { mailboxUrl } from '../api/mailbox-url.ts';
import { openDatabase } from '../db/database.ts';
import { workflowBundle } from '../temporal-config/bundle.ts';
import type { Config } from '../temporal-config/config.ts';
import { connectClient, connectWorker } from '../temporal-config/connect.ts';
import { startEngine } from '../temporal-config/engine.ts';
import { freePort } from '../temporal-config/ports.ts';
import { startPostgres } from '../temporal-config/postgres.ts';
import { timesOf } from '../temporal-config/schedules.ts';
import { migrate, prepareServers } from './prepare.ts';
import { composeIncidents, composePorts, composeRemoteCrm, composeSettings } from './ports.ts';
import { startWorker } from './worker.ts';

export type Tenure = {
  /** Settles with a sentence when a part ended by itself. */
  failed: Promise<string>;
  /** Stops in order: API, worker, database and engine. */
  stop(): Promise<void>;
};

type Options = { config: Config; log: Logger; progress: (line: string) => void; signal: AbortSignal };

/** Brings up every part, embedded where none is given, and prints where each is to be found. */
export async function startTenure({ config, log, progress, signal }: Options): Promise<Tenure> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const part of stops.splice(0).reverse())
      await part().catch((error: unknown) => log.error({ err: String(error) }, 'a part did not stop cleanly'));
  };
  const goOn = () => {
    if (signal.aborted) throw new StoppedError('stopped before everything was up');
  };
  try {
    const options = { config, dataDir: config.dataDir, log, progress };
    const [postgres, engine] = await startBoth(startPostgres(options), startEngine(options), stops);
    goOn();
    await migrate(postgres.url);
    const database = openDatabase(postgres.url, { max: 20 });
    stops.push(() => database.close());
    const firstKey = await ensureAdminKey(database.db, { given: config.adminKey, now: new Date() });
    const secret = await signingSecret(database.db, config.secret);

    const client = await connectClient(config, engine);
    stops.push(() => client.connection.close());
    const { connection, namespace } = await connectWorker(config, engine);
    stops.push(() => connection.close());
    await prepareServers({ database, client, taskQueue: config.taskQueue, schedules: timesOf(config) });
    goOn();
    progress('starting the worker');
    const bundle = await workflowBundle(config);
    const port = config.port === 0 ? 0 : await freePort(config.port, config.host);
    const apiPort = port === 0 ? await freePort(0, config.host) : port;
    const publicUrl = config.publicUrl ?? `http://${config.host}:${apiPort}`;
    const ports = composePorts(config);
    const { taskQueue, maxCachedWorkflows, tracing } = config;
    const worker = await startWorker({
      ...{ connection, namespace, client, taskQueue, bundle, database, ports, log, maxCachedWorkflows, tracing },
      settings: composeSettings(config, publicUrl, secret),
      renewalsPerSecond: config.renewalsPerSecond,
      retention: config.keep,
      remoteCrm: composeRemoteCrm(config),
      ...composeIncidents(config),
    });
    stops.push(async () => {
      await worker.stop();
      await ports.mailer.close();
    });
    const api = await startApi({
      ...{ database, client, log, host: config.host, port: apiPort, clock: Date.now },
      config: {
        publicUrl,
        systemZone: config.systemZone,
        secret,
        taskQueue,
        ...hubspotHookOf(config),
        alertmanagerToken: config.incidents.alertmanagerToken,
        statusName: config.incidents.statusName,
        temporalUiUrl: engine.uiUrl ?? '',
        namespace,
      },
    });
    stops.push(() => api.close());
    print(
      { api: api.url, temporalUi: engine.uiUrl ?? '', mailbox: mailboxUrl({ publicUrl, secret }) },
      config,
      firstKey,
    );
    const failed = Promise.race([
      worker.done.then(
        () => 'the worker ended by itself',
        (error: unknown) => `the worker failed: ${String(error)}`,
      ),
      postgres.exited.then(() => 'the embedded Postgres ended by itself'),
      engine.exited.then(() => 'the embedded Temporal engine ended by itself'),
    ]);
    return { failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

type Stoppable = { stop(): Promise<void> };

async function startBoth<A extends Stoppable, B extends Stoppable>(
  a: Promise<A>,
  b: Promise<B>,
  stops: (() => Promise<unknown>)[],
): Promise<[A, B]> {
  const results = await Promise.allSettled([a, b]);
  for (const r of results) if (r.status === 'fulfilled') stops.push(() => r.value.stop());
  const failed = results.find((r) => r.status === 'rejected');
  if (failed) throw failed.reason;
  return [await a, await b];
}

function print(
  urls: { api: string; temporalUi: string; mailbox: string },
  config: Config,
  firstKey: string | undefined,
): void {
  const lines = [
    '',
    `  API          ${urls.api}   docs ${urls.api}/docs`,
    `  Temporal UI  ${urls.temporalUi || '(of the given server)'}`,
    `  Mailbox      ${urls.mailbox}`,
    `  Data folder  ${config.dataDir}`,
    ...(firstKey ? [`  Admin key    ${firstKey}   (shown once: keep it)`] : []),
    '',
    `tenure ready ${JSON.stringify(urls)}`,
    '',
  ];
  process.stdout.write(lines.join('\n'));
}
