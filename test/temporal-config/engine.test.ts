import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../temporal-config/config.ts';
import { connectClient } from '../../temporal-config/connect.ts';
import { EngineVersionError, startEngine } from '../../temporal-config/engine.ts';
import { startPostgres } from '../../temporal-config/postgres.ts';
import { ensureSearchAttributes, searchAttributeNames } from '../../temporal-config/search-attributes.ts';
import { testClient, testEngine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { scratchFolder, startOrphan } from './scratch.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const progress = () => undefined;

async function occupiedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

describe('the embedded engine', () => {
  it('starts beside busy ports, keeps runs over a restart, and keeps closed ones for 30 days', async () => {
    const dataDir = scratchFolder();
    const [port, uiPort] = [await occupiedPort(), await occupiedPort()];
    const ports = { TENURE_TEMPORAL_PORT: String(port), TENURE_TEMPORAL_UI_PORT: String(uiPort) };
    const config = loadConfig({ ...ports, TENURE_DATA_DIR: dataDir });
    const workflowId = `kept-${randomUUID()}`;
    for (const start of ['first', 'second']) {
      const engine = await startEngine({ config, dataDir, log, progress });
      try {
        expect(engine.address).not.toBe(`127.0.0.1:${port}`);
        await eventually('the UI answers', async () => (await fetch(engine.uiUrl!)).ok);
        const client = await connectClient(config, engine);
        if (start === 'first') await client.workflow.start('anything', { workflowId, taskQueue: 'none' });
        expect((await client.workflow.getHandle(workflowId).describe()).status.name).toBe('RUNNING');
        const { config: kept } = await client.workflowService.describeNamespace({ namespace: 'default' });
        expect(Number(kept?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
        const listed = await client.connection.operatorService.listSearchAttributes({ namespace: 'default' });
        expect(Object.keys(listed.customAttributes)).toEqual(expect.arrayContaining([...searchAttributeNames]));
        await client.connection.close();
      } finally {
        await engine.stop();
      }
    }
  });

  it('starts again at once on the folder of a start that was killed, and what that kept is there', async () => {
    const dataDir = scratchFolder();
    const { parent, told } = await startOrphan('embedded', dataDir);
    const workflowId = `kept-${randomUUID()}`;
    const before = await connectClient(loadConfig({}), { address: String(told.address), namespace: 'default' });
    await before.workflow.start('anything', { workflowId, taskQueue: 'none' });
    await before.connection.close();
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    const ports = { TENURE_TEMPORAL_PORT: '0', TENURE_TEMPORAL_UI_PORT: '0', TENURE_POSTGRES_PORT: '0' };
    const config = loadConfig({ ...ports, TENURE_DATA_DIR: dataDir });
    const database = await startPostgres({ config, dataDir, log, progress });
    const engine = await startEngine({ config, dataDir, log, progress });
    try {
      const client = await connectClient(config, engine);
      expect((await client.workflow.getHandle(workflowId).describe()).status.name).toBe('RUNNING');
      await client.connection.close();
    } finally {
      await engine.stop();
      await database.stop();
    }
    expect(readdirSync(dataDir).sort()).toEqual(['logs', 'postgres', 'postgres.password', 'temporal']);
  });

  it('refuses a data folder that another version wrote, and says how its journeys move on', async () => {
    const dataDir = scratchFolder();
    mkdirSync(join(dataDir, 'temporal'));
    writeFileSync(join(dataDir, 'temporal', 'engine.db'), '');
    writeFileSync(join(dataDir, 'temporal', 'version'), '1.2.3\n');
    const start = startEngine({ config: loadConfig({}), dataDir, log, progress });
    await expect(start).rejects.toThrow(EngineVersionError);
    await expect(start).rejects.toThrow(/CLI 1\.2\.3[\s\S]*npm run rehydrate -- --all-open/);
  });

  it('is replaced by a given server, which is left running', async () => {
    const { address, namespace } = testEngine();
    const config = loadConfig({ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace });
    const engine = await startEngine({ config, dataDir: '/nowhere', log, progress });
    expect(engine).toMatchObject({ address, namespace, embedded: false });
    await engine.stop();
    expect((await (await testClient()).workflow.count()).count).toBeGreaterThanOrEqual(0);
  });
});

describe('search attributes', () => {
  it('are registered once and read back, however often', async () => {
    const { connection } = await testClient();
    await ensureSearchAttributes(connection, 'default');
    await ensureSearchAttributes(connection, 'default');
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    expect(searchAttributeNames.map((name) => Number(customAttributes[name]))).toEqual([2, 2, 2, 2]);
  });
});
