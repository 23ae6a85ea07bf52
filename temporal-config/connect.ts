import { Client, Connection } from '@temporalio/client';
import type { ClientOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import type { Config } from './config.ts';
import { clientTracing } from './tracing.ts';

type Settings = Pick<Config, 'temporalEnv' | 'temporalGiven' | 'temporalNamespace' | 'tracing'>;

/** Where a Temporal server is and which namespace to use there. */
export type Target = { address: string; namespace: string };

/** No Temporal server answers where one should be; the message names the address. */
export class TemporalUnreachableError extends Error {
  override readonly name = 'TemporalUnreachableError';
}

/** The server that the configuration names by Temporal's own convention (address, profile or file). */
export function givenTarget(config: Settings): Target {
  const { connectionOptions, namespace } = connectConfig(config);
  return { address: connectionOptions.address ?? '127.0.0.1:7233', namespace: namespace ?? 'default' };
}

/** A client of the given server, or, with a target, of the embedded engine there. */
export async function connectClient(
  config: Settings,
  target?: Target,
  options: Omit<ClientOptions, 'connection' | 'namespace'> = {},
): Promise<Client> {
  const { connectionOptions, namespace } = connectConfig(config, target);
  const { address, tls, apiKey, metadata } = connectionOptions;
  const connection = await reached(
    address,
    Connection.connect({ address, tls, apiKey, metadata, connectTimeout: '10s' }),
  );
  return new Client({ ...clientTracing(config), ...options, connection, namespace: namespace ?? 'default' });
}

/** A worker's connection to the given server, or, with a target, to the embedded engine there. */
export async function connectWorker(
  config: Settings,
  target?: Target,
): Promise<{ connection: NativeConnection; namespace: string }> {
  const { connectionOptions, namespace } = connectConfig(config, target);
  const connection = await reached(connectionOptions.address, NativeConnection.connect(connectionOptions));
  return { connection, namespace: namespace ?? 'default' };
}

async function reached<T>(address: string | undefined, connecting: Promise<T>): Promise<T> {
  try {
    return await connecting;
  } catch (error) {
    const message = `cannot reach Temporal at ${address ?? '127.0.0.1:7233'}: ${error instanceof Error ? error.message : String(error)}`;
    throw new TemporalUnreachableError(message, { cause: error });
  }
}

function connectConfig(config: Settings, target?: Target) {
  if (target && !config.temporalGiven)
    return { connectionOptions: { address: target.address }, namespace: target.namespace };
  return loadClientConnectConfig({ overrideEnvVars: config.temporalEnv, profile: config.temporalEnv.TEMPORAL_PROFILE });
}
