import { openDatabase } from '../db/database.ts';
import { startApi } from '../api/server.ts';
import { loadConfig } from '../temporal-config/config.ts';
import { connectClient } from '../temporal-config/connect.ts';
import { createLog } from '../temporal-config/log.ts';

export type ApiProcessInput = {
  databaseUrl: string;
  address: string;
  namespace: string;
  taskQueue: string;
  secret: string;
};

/** The API in a process of its own, as in production: prints its URL, ends with its standard input. */
const { databaseUrl, address, namespace, taskQueue, secret } = JSON.parse(process.argv[2]!) as ApiProcessInput;
const database = openDatabase(databaseUrl, { max: 20 });
const client = await connectClient({ ...loadConfig(), temporalGiven: false }, { address, namespace });
const api = await startApi({
  ...{ database, client, log: createLog('error'), host: '127.0.0.1', port: 0, clock: Date.now },
  config: { publicUrl: 'http://tenure.bench', systemZone: 'UTC', secret, taskQueue, temporalUiUrl: '', namespace },
});
process.stdout.write(`${api.url}\n`);
process.stdin.resume().on('end', () => void api.close().then(() => process.exit(0)));
