import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearLockedPorts } from 'get-port';
import { initCluster, postgresBinaries, postgresUser, startCluster } from '../../../temporal-config/postgres-server.ts';
import { prepareDatabase } from '../../../workers/rehearse/rig.ts';

/** A Postgres of the test's own that can be stopped and comes back on the same port with its data. */
export async function ownPostgres() {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-faults-'));
  const runAs = await postgresUser([folder, (await postgresBinaries()).postgres]);
  await initCluster(folder, runAs);
  const start = (port: number) =>
    startCluster({ folder, runAs, port, settings: ['fsync=off', 'max_connections=100'], stopSignal: 'SIGINT' });
  let cluster = await start(0);
  const url = cluster.urlOf('postgres');
  await prepareDatabase(url);
  return {
    url,
    down: () => cluster.child.stop(),
    up: async () => {
      // It would not give the same port twice within half a minute.
      clearLockedPorts();
      cluster = await start(Number(new URL(url).port));
      if (cluster.urlOf('postgres') !== url) throw new Error('the port was taken meanwhile');
    },
    remove: async () => {
      await cluster.child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
