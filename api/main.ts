import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { join } from 'node:path';
import { migrateDatabase } from '../db/migrate.ts';
import { createLog } from '../temporal-config/log.ts';
import { projectRoot } from '../temporal-config/root.ts';
import { openDatabase } from '../db/database.ts';
import { ensureAdminKey } from '../db/queries/keys/ensure-admin-key.ts';
import { signingSecret } from '../db/queries/keys/signing-secret.ts';
import { loadConfig } from '../temporal-config/config.ts';
import { clientTracing } from '../temporal-config/tracing.ts';
import { hubspotHookOf } from './routes/hooks/hubspot.ts';
import { startApi } from './server.ts';

/** `npm run api`: the API alone against a given database and engine; several may run at once. The engine may be down when it starts. */
async function main(): Promise<void> {
  const config = loadConfig();
  if (!config.databaseUrl || !config.temporalGiven)
    throw new Error(
      'npm run api needs DATABASE_URL and TEMPORAL_ADDRESS (or a TEMPORAL_PROFILE); npm start brings both along',
    );
  const log = createLog(config.logLevel);
  await migrateDatabase(config.databaseUrl, join(projectRoot(), 'db', 'migrations'));
  const database = openDatabase(config.databaseUrl, { max: 20, name: 'tenure-api' });
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
    overrideEnvVars: config.temporalEnv,
    profile: config.temporalEnv.TEMPORAL_PROFILE,
  });
  const client = new Client({ ...clientTracing(config), connection: Connection.lazy(connectionOptions), namespace });
  const firstKey = await ensureAdminKey(database.db, { given: config.adminKey, now: new Date() });
  const { host, port, systemZone, taskQueue } = config;
  const api = await startApi({
    ...{ database, client, log, host, port, clock: Date.now },
    config: {
      publicUrl: config.publicUrl ?? `http://${host}:${port}`,
      systemZone,
      secret: await signingSecret(database.db, config.secret),
      taskQueue,
      ...hubspotHookOf(config),
      alertmanagerToken: config.incidents.alertmanagerToken,
      statusName: config.incidents.statusName,
      temporalUiUrl: '',
      namespace,
    },
  });
  log.info({ url: api.url }, 'api ready');
  if (firstKey) process.stdout.write(`Admin key  ${firstKey}   (shown once: keep it)\n`);
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await api.close();
    await client.connection.close();
    await database.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().then(() => process.exit(0)));
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
