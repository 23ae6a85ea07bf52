import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { format } from 'prettier';
import { openDatabase } from '../db/database.ts';
import { buildApp } from './app.ts';

/** The API's description as `openapi.json` holds it; neither database nor engine is needed for it. */
export async function openApi(): Promise<string> {
  const database = openDatabase('postgres://nobody@127.0.0.1:1/nothing', { max: 1 });
  const client = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });
  const config = {
    publicUrl: '',
    systemZone: 'UTC',
    secret: 'a secret of no use at all',
    taskQueue: 'none',
    temporalUiUrl: '',
    namespace: 'default',
  };
  const app = await buildApp({ database, client, config, clock: () => 0, log: pino({ level: 'silent' }) });
  try {
    await app.ready();
    return await format(JSON.stringify(app.swagger()), { parser: 'json', printWidth: 120 });
  } finally {
    await app.close();
    await database.close();
  }
}
