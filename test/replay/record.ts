import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { readShipped } from '../../playbooks/publish/read-shipped.ts';
import { projectRoot } from '../../temporal-config/root.ts';
import { breakGround } from '../../workers/rehearse/ground.ts';
import { readPersona } from '../../workers/rehearse/persona.ts';
import { rehearse } from '../../workers/rehearse/rehearse.ts';
import { scenarios } from './scenarios.ts';

/** `npx tsx test/replay/record.ts <version>`: records one history a scenario with the workflows as they are now. */
async function main(): Promise<void> {
  const [version] = process.argv.slice(2);
  if (!version || !/^\d+\.\d+\.\d+$/.test(version)) throw new Error('usage: npx tsx test/replay/record.ts <version>, for example 0.1.0');
  const folder = join(projectRoot(), 'test', 'replay', 'histories');
  await mkdir(folder, { recursive: true });
  const ground = await breakGround(() => undefined);
  try {
    for (const { name, playbook: id, persona: raw, continueEvery } of scenarios) {
      const playbook = await readShipped(id);
      await rehearse(ground, playbook, readPersona(raw, playbook), {
        continueEvery,
        observe: async ({ client, workflowId, runId }) => {
          const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
          const file = join(folder, `trialJourney__${name}__${version}.json`);
          await writeFile(file, `${JSON.stringify(historyToJSON(history), null, 1)}\n`);
          process.stdout.write(`${file}\n`);
        },
      });
    }
  } finally {
    await ground.stop();
  }
}

await main();
