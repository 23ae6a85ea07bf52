import type { AddressInfo } from 'node:net';
import type { ApiDeps } from './deps.ts';
import { buildApp } from './app.ts';
import { startSettling } from './commands/settle-commands.ts';

export type RunningApi = { url: string; close(): Promise<void> };

/** Listens; `close` ends what is being answered, then everything. Port 0 is any free one. */
export async function startApi(deps: ApiDeps & { host: string; port: number }): Promise<RunningApi> {
  const app = await buildApp(deps);
  await app.listen({ host: deps.host, port: deps.port });
  const settling = startSettling({ db: deps.database.db, issuer: app.issuer, clock: deps.clock, log: deps.log });
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
