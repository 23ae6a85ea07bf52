import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../temporal-config/config.ts';
import { connectClient, connectWorker, givenTarget, TemporalUnreachableError } from '../../temporal-config/connect.ts';
import { testEngine } from '../support/engine.ts';
import { scratchFolder } from './scratch.ts';

function profile(address: string): Record<string, string> {
  const file = join(scratchFolder(), 'temporal.toml');
  writeFileSync(file, `[profile.here]\naddress = "${address}"\nnamespace = "default"\n`);
  return { TEMPORAL_PROFILE: 'here', TEMPORAL_CONFIG_FILE: file };
}

describe('a given Temporal server', () => {
  it('is reached by a profile of Temporal’s configuration file, for clients and workers alike', async () => {
    const config = loadConfig(profile(testEngine().address));
    const client = await connectClient(config);
    expect((await client.workflow.count()).count).toBeGreaterThanOrEqual(0);
    await client.connection.close();
    const { connection, namespace } = await connectWorker(config);
    expect(namespace).toBe('default');
    await connection.close();
  });

  it('is named by variables before the file', () => {
    const config = loadConfig({ ...profile('file.example.com:7233'), TEMPORAL_ADDRESS: 'variable.example.com:7233' });
    expect(givenTarget(config)).toEqual({ address: 'variable.example.com:7233', namespace: 'default' });
  });

  it('is one of Temporal Cloud with an API key and its namespace', () => {
    const env = {
      TEMPORAL_ADDRESS: 'x.api.temporal.io:7233',
      TEMPORAL_API_KEY: 'key',
      TEMPORAL_NAMESPACE: 'life.acct',
    };
    expect(givenTarget(loadConfig(env))).toEqual({ address: 'x.api.temporal.io:7233', namespace: 'life.acct' });
  });

  it('that does not answer is named by its address', async () => {
    const config = loadConfig({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
    await expect(connectWorker(config)).rejects.toThrow(TemporalUnreachableError);
    await expect(connectWorker(config)).rejects.toThrow('cannot reach Temporal at 127.0.0.1:1');
  });
});
