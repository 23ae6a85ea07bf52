import { workflowBundle } from '../../temporal-config/bundle.ts';
import { loadConfig } from '../../temporal-config/config.ts';
import { connectClient, connectWorker } from '../../temporal-config/connect.ts';
import { startEphemeralEngine } from '../../temporal-config/ephemeral.ts';
import { createScratchPostgres } from '../../temporal-config/postgres.ts';
import { installRuntime } from '../runtime.ts';
import { prepareDatabase, silentLog } from './rig.ts';
import type { Ground } from './rig.ts';

/** An engine and a database of its own for one process, never the live ones; nothing of them stays. */
export async function breakGround(progress: (line: string) => void): Promise<Ground & { stop(): Promise<void> }> {
  const config = { ...loadConfig(), temporalGiven: false };
  const log = silentLog();
  installRuntime(log);
  const [engine, postgres, bundle] = await Promise.all([
    startEphemeralEngine({ config, progress }),
    createScratchPostgres(),
    workflowBundle(config),
  ]);
  const client = await connectClient(config, engine);
  const { connection } = await connectWorker(config, engine);
  const template = 'tenure_template';
  await prepareDatabase(await postgres.createDatabase(undefined, template));
  return {
    ...{ client, connection, bundle, log },
    newDatabase: () => postgres.createDatabase(template),
    stop: async () => {
      await connection.close();
      await client.connection.close();
      await Promise.all([engine.stop(), postgres.stop()]);
    },
  };
}
