import { eq } from 'drizzle-orm';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { journeys } from '../../../db/schema/index.ts';
import { finishStarts } from '../../../workers/dispatcher/finish-starts.ts';
import { START, addAccount, addJourney, createWorld } from '../../activities/deliver/fixture.ts';
import type { World } from '../../activities/deliver/fixture.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

/** An error as the client throws it: with the engine's status code in what it was caused by. */
const said = (code: number) =>
  new Error('refused', { cause: Object.assign(new Error('refused'), { code, details: '', metadata: {} }) });

/** An engine that refuses the start of one account's runs. */
const engine = (account: string, code: number) =>
  ({
    withDeadline: (_at: number, work: () => unknown) => work(),
    workflow: {
      start: (_type: string, { workflowId }: { workflowId: string }) =>
        workflowId.includes(account) ? Promise.reject(said(code)) : Promise.resolve({ firstExecutionRunId: 'run' }),
    },
  }) as unknown as Client;

async function threeStarting() {
  const all = await Promise.all(
    [0, 1, 2].map(async () => {
      const { id } = await addAccount(world);
      return { account: id, journey: (await addJourney(world, id)).id };
    }),
  );
  for (const [k, { journey }] of all.entries())
    await world.db
      .update(journeys)
      .set({ state: 'starting', startedAt: new Date(START + k) })
      .where(eq(journeys.id, journey));
  const states = async () => {
    const rows = await world.db.select().from(journeys);
    return all.map(({ journey }) => rows.find((row) => row.id === journey)!.state);
  };
  const finish = (code: number) =>
    finishStarts({
      ...{ database: world.database, client: engine(all[0]!.account, code), taskQueue: 'none' },
      now: new Date(START + 60_000),
    });
  return { states, finish };
}

it('starts the others when the engine refuses one, and says so', async () => {
  const { states, finish } = await threeStarting();
  await expect(finish(3)).rejects.toMatchObject({ cause: { code: 3 } });
  expect(await states()).toEqual(['starting', 'running', 'running']);
});

it('asks no further when the engine is away', async () => {
  const { states, finish } = await threeStarting();
  await expect(finish(14)).rejects.toMatchObject({ cause: { code: 14 } });
  expect(await states()).toEqual(['starting', 'starting', 'starting']);
});
