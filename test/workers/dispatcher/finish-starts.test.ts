import { eq } from 'drizzle-orm';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { journeys } from '../../../db/schema/index.ts';
import { createBackOff } from '../../../workers/dispatcher/back-off.ts';
import { finishStarts } from '../../../workers/dispatcher/finish-starts.ts';
import { START, addAccount, addJourney, createWorld } from '../../activities/deliver/fixture.ts';
import type { World } from '../../activities/deliver/fixture.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

/** An error as the client throws it: with the engine's status code in what it was caused by. */
const said = (code?: number) =>
  new Error('refused', { cause: Object.assign(new Error('refused'), { code, details: '', metadata: {} }) });

/** An engine that refuses the start of one account's runs. */
const engine = (account: string, code?: number) =>
  ({
    withDeadline: (_at: number, work: () => unknown) => work(),
    workflow: {
      start: (_type: string, { workflowId }: { workflowId: string }) =>
        workflowId.includes(account) ? Promise.reject(said(code)) : Promise.resolve({ firstExecutionRunId: 'run' }),
    },
  }) as unknown as Client;

async function threeStarting(waitMs = 60_000) {
  await world.database.sql`update journeys set state = 'ended', ended_at = started_at where state = 'starting'`;
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
  const looked = createBackOff(() => waitMs);
  const log = { warn: vi.fn() };
  const finish = (code?: number, now = START + 60_000) =>
    finishStarts({
      ...{ database: world.database, client: engine(all[0]!.account, code), taskQueue: 'none', looked, log },
      now: new Date(now),
    });
  return { states, finish, all, log };
}

it('starts the others when the engine refuses one, and says so once', async () => {
  const { states, finish, all, log } = await threeStarting();
  await finish(3);
  await finish(3);
  expect(await states()).toEqual(['starting', 'running', 'running']);
  expect(log.warn).toHaveBeenCalledTimes(1);
  expect(log.warn).toHaveBeenCalledWith({ journey: all[0]!.journey, code: 3 }, expect.any(String));
});

it('comes to the young ones however many older ones are refused', async () => {
  const { states, finish, all } = await threeStarting();
  await world.database.sql`
    insert into journeys select (jsonb_populate_record(j, jsonb_build_object('id', gen_random_uuid(), 'lock', j.lock || ':' || i))).*
    from journeys j, generate_series(1, 120) i where j.id = ${all[0]!.journey}`;
  for (let round = 0; round < 3; round += 1) await finish(3);
  expect(await states()).toEqual(['starting', 'running', 'running']);
});

it('lets one that fails for a reason of our own keep the others waiting once, and no longer', async () => {
  const { states, finish } = await threeStarting();
  await expect(finish()).rejects.toThrow('refused');
  await finish();
  expect(await states()).toEqual(['starting', 'running', 'running']);
});

it('leaves what was stored just now to its starter, and takes it later although the clock stands still', async () => {
  const { states, finish } = await threeStarting(0);
  await finish(3, START + 10);
  expect(await states()).toEqual(['starting', 'starting', 'starting']);
  await finish(3, START + 10);
  expect(await states()).toEqual(['starting', 'running', 'running']);
});

it('asks no further when the engine is away', async () => {
  const { states, finish } = await threeStarting();
  await expect(finish(14)).rejects.toMatchObject({ cause: { code: 14 } });
  expect(await states()).toEqual(['starting', 'starting', 'starting']);
});
