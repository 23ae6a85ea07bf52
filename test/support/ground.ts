import { NativeConnection } from '@temporalio/worker';
import { workflowBundle } from '../../temporal-config/bundle.ts';
import { silentLog } from '../../workers/rehearse/rig.ts';
import type { Ground } from '../../workers/rehearse/rig.ts';
import { quietRuntime, testClient, testEngine } from './engine.ts';
import { createTestDatabase, publishedDatabase } from './postgres.ts';

let ground: Promise<Ground> | undefined;

/** The run's engine and database as a ground for rehearsals and rigs, one a process. */
export function testGround(): Promise<Ground> {
  return (ground ??= makeGround());
}

async function makeGround(): Promise<Ground> {
  quietRuntime();
  const { address } = testEngine();
  return {
    client: await testClient(),
    connection: await NativeConnection.connect({ address }),
    bundle: await workflowBundle(),
    newDatabase: async () => (await createTestDatabase(publishedDatabase)).url,
    log: silentLog(),
  };
}
