import type { AddressInfo } from 'node:net';
import type { ApiDeps } from './deps.ts';
import { startBulk } from './bulk/start-bulk.ts';
import { createCanary } from './health/canary.ts';
import { buildApp } from './app.ts';
import { startSettling } from './commands/settle-commands.ts';

export type RunningApi = { url: string; close(): Promise<void> };

/** Listens; `close` ends what is being answered, then everything. Port 0 is any free one. */
export async function startApi(deps: ApiDeps & { host: string; port: number }): Promise<RunningApi> {
  const canary = deps.canary ?? createCanary(deps.client, deps.config.taskQueue);
  const app = await buildApp({ ...deps, canary });
  await app.listen({ host: deps.host, port: deps.port });
  const {
    database: { db },
    client,
    clock,
    log,
    config: { taskQueue },
  } = deps;
  const settling = startSettling({
    db,
    issuer: app.issuer,
    startBulk: (id) => startBulk({ db, client, taskQueue, startMs: 5000 }, id),
    clock,
    log,
  });
  const { port } = app.server.address() as AddressInfo;
  const host = deps.host.includes(':') ? `[${deps.host}]` : deps.host;
  return {
    url: `http://${host}:${port}`,
    close: async () => {
      await settling.stop();
      await app.close();
    },
  };
}
