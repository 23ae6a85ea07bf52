import { openDatabase } from '../db/database.ts';
import { workflowBundle } from '../temporal-config/bundle.ts';
import { loadConfig } from '../temporal-config/config.ts';
import { connectClient, connectWorker } from '../temporal-config/connect.ts';
import { createLog } from '../temporal-config/log.ts';
import { composePorts, composeSettings } from '../workers/ports.ts';
import { installRuntime } from '../workers/runtime.ts';
import { startWorker } from '../workers/worker.ts';
import type { ApiProcessInput } from './api-process.ts';

/** A worker in a process of its own, so that it can be killed: prints a line when it polls. */
const input = JSON.parse(process.argv[2]!) as ApiProcessInput & { noticesPerSecond: number };
const config = { ...loadConfig(), temporalGiven: false };
const log = createLog('error');
installRuntime(log);
const database = openDatabase(input.databaseUrl, { max: 20 });
const client = await connectClient(config, input);
const { connection, namespace } = await connectWorker(config, input);
const worker = await startWorker({
  ...{ connection, namespace, client, database, log },
  taskQueue: input.taskQueue,
  bundle: await workflowBundle(config),
  ports: composePorts({}),
  settings: composeSettings(config, 'http://tenure.bench', input.secret),
  noticesPerSecond: input.noticesPerSecond,
  maxCachedWorkflows: 100,
});
process.stdout.write('ready\n');
process.stdin.resume().on('end', () => void worker.stop().then(() => process.exit(0)));
