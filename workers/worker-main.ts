import { loadConfig } from '../temporal-config/config.ts';
import { workflowBundle } from '../temporal-config/bundle.ts';
import { connectClient, connectWorker } from '../temporal-config/connect.ts';
import { openDatabase } from '../db/database.ts';
import { signingSecret } from '../db/queries/keys/signing-secret.ts';
import { composeIncidents, composePorts, composeRemoteCrm, composeSettings } from './ports.ts';
import { createLog } from '../temporal-config/log.ts';
import { installRuntime } from './runtime.ts';
import { timesOf } from '../temporal-config/schedules.ts';
import { migrate, prepareServers } from './prepare.ts';
import { startWorker } from './worker.ts';

/** `npm run worker`: workflows, activities and dispatcher against given servers; several may run at once. */
async function main(): Promise<void> {
  const config = loadConfig();
  if (!config.databaseUrl || !config.temporalGiven)
    throw new Error(
      'npm run worker needs DATABASE_URL and TEMPORAL_ADDRESS (or a TEMPORAL_PROFILE); npm start brings both along',
    );
  const log = createLog(config.logLevel);
  installRuntime(log);
  await migrate(config.databaseUrl);
  const database = openDatabase(config.databaseUrl, { max: 20, name: 'tenure-worker' });
  const client = await connectClient(config);
  const { connection, namespace } = await connectWorker(config);
  await prepareServers({ database, client, taskQueue: config.taskQueue, schedules: timesOf(config) });
  const bundle = await workflowBundle(config);
  const ports = composePorts(config);
  const { taskQueue, maxCachedWorkflows, tracing, renewalsPerSecond } = config;
  const secret = await signingSecret(database.db, config.secret);
  const settings = composeSettings(config, config.publicUrl ?? `http://${config.host}:${config.port}`, secret);
  const worker = await startWorker({
    connection,
    namespace,
    client,
    taskQueue,
    bundle,
    database,
    ports,
    settings,
    remoteCrm: composeRemoteCrm(config),
    ...composeIncidents(config),
    log,
    maxCachedWorkflows,
    tracing,
    renewalsPerSecond,
    retention: config.keep,
  });
  log.info({ taskQueue, buildId: bundle.buildId.slice(0, 16) }, 'worker ready');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void worker.stop());
  await worker.done;
  await ports.mailer.close();
  await connection.close();
  await client.connection.close();
  await database.close();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
