import type { Client } from '@temporalio/client';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { journeys } from '../../db/schema/index.ts';
import { composeHandOver } from '../../workers/hand-over.ts';
import { addAccount, addJourney, createWorld } from '../activities/deliver/fixture.ts';
import type { World } from '../activities/deliver/fixture.ts';

let world: World;
beforeAll(async () => void (world = await createWorld()));
afterAll(() => world.close());

it('what opens many journeys asks an engine that is away once, and leaves the others to the dispatcher', async () => {
  const { id } = await addAccount(world);
  for (const key of ['a', 'b', 'c']) await addJourney(world, id, { key });
  const rows = await world.db.select().from(journeys).where(eq(journeys.accountId, id));
  let away = true;
  const asked: string[] = [];
  const client = {
    withDeadline: (_at: number, work: () => unknown) => work(),
    workflow: {
      start: (_type: string, { workflowId }: { workflowId: string }) => {
        asked.push(workflowId);
        return away ? Promise.reject(new Error('unavailable')) : Promise.resolve({ firstExecutionRunId: 'run' });
      },
    },
  } as unknown as Client;
  const { settings, log } = world.deps;
  const hands = composeHandOver({
    ...{ database: world.database, client, taskQueue: 'none', settings },
    log: log as never,
  });
  await hands.launch(rows);
  expect(asked).toHaveLength(1);
  away = false;
  await hands.launch(rows);
  expect(asked.slice(1)).toEqual(rows.map((row) => row.lock));
});
