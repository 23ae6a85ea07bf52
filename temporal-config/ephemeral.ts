import { resolveTemporalBinary } from './binary.ts';
import { loadConfig, type Config } from './config.ts';
import { connectClient } from './connect.ts';
import { startDevServer } from './dev-server.ts';
import { ensureSearchAttributes } from './search-attributes.ts';
import { timeSkippingFlags } from './time-skipping.ts';

/** An engine in memory for one test run or rehearsal; nothing of it stays. */
export type EphemeralEngine = { address: string; namespace: string; stop(): Promise<void> };

/** Starts an engine in memory, without UI, on a free port, with skipped time; it ends when this process does, however that ends. */
export async function startEphemeralEngine(
  options: { config?: Config; progress?: (line: string) => void } = {},
): Promise<EphemeralEngine> {
  const config = options.config ?? loadConfig();
  const binary = await resolveTemporalBinary({ config, progress: options.progress });
  const namespace = 'default';
  const { child, address } = await startDevServer({
    binary,
    namespace,
    port: 0,
    flags: timeSkippingFlags,
    stopSignal: 'SIGKILL',
  });
  try {
    const client = await connectClient({ ...config, temporalGiven: false }, { address, namespace });
    await ensureSearchAttributes(client.connection, namespace);
    await client.connection.close();
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { address, namespace, stop: () => child.stop() };
}
