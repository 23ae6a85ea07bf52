import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { readShipped } from '../../playbooks/publish/read-shipped.ts';
import { projectRoot } from '../../temporal-config/root.ts';
import { breakGround } from '../../workers/rehearse/ground.ts';
import { readPersona } from '../../workers/rehearse/persona.ts';
import { rehearse } from '../../workers/rehearse/rehearse.ts';
import { journeyWorkflowType } from '../../workflows/messages.ts';
import { scenarios } from './scenarios.ts';

type Run = { client: Client; workflowId: string; runId: string };

/** `npx tsx test/replay/record.ts <version> [scenario…]`: records the histories of each scenario (or of those named) with the workflows as they are now; of a chain its first and last run. */
async function main(): Promise<void> {
  const [version, ...names] = process.argv.slice(2);
  if (!version || !/^\d+\.\d+\.\d+$/.test(version))
    throw new Error('usage: npx tsx test/replay/record.ts <version>, for example 0.1.0');
  const unknown = names.filter((name) => !scenarios.some((one) => one.name === name));
  if (unknown.length > 0) throw new Error(`there is no scenario ${unknown.join(', ')}`);
  const folder = join(projectRoot(), 'test', 'replay', 'histories');
  await mkdir(folder, { recursive: true });
  const ground = await breakGround(() => undefined);
  try {
    for (const { name, playbook: id, persona: raw, continueEvery } of scenarios) {
      if (names.length > 0 && !names.includes(name)) continue;
      const playbook = await readShipped(id);
      const type = journeyWorkflowType(playbook.kind);
      const observe = async (run: Run) => {
        const last = await lastRun(run);
        await record({ ...run, file: join(folder, `${type}__${name}__${version}.json`) });
        if (last !== run.runId)
          await record({ ...run, runId: last, file: join(folder, `${type}__${name}-last__${version}.json`) });
      };
      await rehearse(ground, playbook, readPersona(raw, playbook), { continueEvery, observe });
    }
  } finally {
    await ground.stop();
  }
}

async function lastRun({ client, workflowId, runId }: Run): Promise<string> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const next = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  return next ? lastRun({ client, workflowId, runId: next }) : runId;
}

async function record({ client, workflowId, runId, file }: Run & { file: string }): Promise<void> {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const { events } = JSON.parse(historyToJSON(history)) as { events: unknown[] };
  await writeFile(
    file,
    `{"events":[\n${events.map((event) => JSON.stringify(event, withoutMachine)).join(',\n')}\n]}\n`,
  );
  process.stdout.write(`${file}\n`);
}

/** Who did the work is nothing to a replay. */
const withoutMachine = (key: string, value: unknown) => (key === 'identity' ? undefined : value);

await main();
