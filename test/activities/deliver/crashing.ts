import { ApplicationFailure } from '@temporalio/common';
import { drizzle } from 'drizzle-orm/postgres-js';
import * as schema from '../../../db/schema/index.ts';
import { openDatabase } from '../../../db/database.ts';
import type { Database } from '../../../db/database.ts';
import type { ConcludeInput, DeliverInput, DeliverOutcome } from '../../../workflows/contracts/journey.ts';
import { quietEnvironment } from './fixture.ts';
import type { World } from './fixture.ts';

/** What a process leaves when it dies: nothing after the point runs, and its connections are gone. */
export async function runAndCrash(
  world: World,
  input: DeliverInput,
  at: number | 'sending' | 'sent',
): Promise<'crashed' | DeliverOutcome> {
  const database = openDatabase(world.url, { max: 4 });
  let crash: () => void;
  const crashed = new Promise<'crashed'>((resolve) => {
    crash = () => resolve('crashed');
  });
  const never = () => {
    crash();
    return new Promise<never>(() => undefined);
  };
  let passed = 0;
  const probe = () => (passed++ === at ? never() : Promise.resolve());
  const mailer = {
    ...world.mailer,
    send: async (mail: Parameters<typeof world.mailer.send>[0]) => {
      if (at === 'sending') return never();
      const result = await world.mailer.send(mail);
      return at === 'sent' ? never() : result;
    },
  };
  const run = world.run('deliver', input, { database, mailer, probe });
  const result = await Promise.race([run, crashed]);
  await database.sql.end({ timeout: 0 });
  return result;
}

/** The same for the activity that ends a journey. */
export async function concludeAndCrash(
  world: World,
  input: ConcludeInput,
  at: number,
  more: Parameters<World['run']>[2] = {},
): Promise<'crashed' | void> {
  const database = openDatabase(world.url, { max: 4 });
  let crash: () => void;
  const crashed = new Promise<'crashed'>((resolve) => {
    crash = () => resolve('crashed');
  });
  let passed = 0;
  const probe = () => {
    if (passed++ !== at) return Promise.resolve();
    crash();
    return new Promise<never>(() => undefined);
  };
  const result = await Promise.race([world.run('conclude', input, { ...more, database, probe }), crashed]);
  await database.sql.end({ timeout: 0 });
  return result;
}

/** How many points one attempt passes. */
export async function countPoints(world: World, input: DeliverInput): Promise<string[]> {
  const points: string[] = [];
  await world.run('deliver', input, { probe: async (point) => void points.push(point) });
  return points;
}

/** Runs attempts as the engine would, each after the delay that the one before asked for, until one has an outcome. */
export async function runToOutcome(
  world: World,
  input: DeliverInput,
  more: Parameters<World['run']>[2] = {},
): Promise<DeliverOutcome> {
  let heartbeatDetails: unknown;
  for (let attempt = 0; attempt < 20; attempt++) {
    const env = quietEnvironment({ heartbeatDetails });
    env.on('heartbeat', (details: unknown) => (heartbeatDetails = details));
    try {
      return await world.run('deliver', input, attempt === 0 ? more : {}, env);
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.nonRetryable) throw error;
      world.time.now += Number(error.nextRetryDelay ?? 1_000);
    }
  }
  throw new Error('no outcome after 20 attempts');
}

/** The database, refusing one query: the `nth` of all that pass. */
export function refusingOnce(
  world: World,
  nth: number,
): { database: Database; asked: () => number; close: () => Promise<void> } {
  const base = openDatabase(world.url, { max: 4 });
  let asked = 0;
  const logQuery = () => {
    if (asked++ === nth) throw Object.assign(new Error('refused'), { code: 'ECONNRESET' });
  };
  const db = drizzle(base.sql, { schema, logger: { logQuery } });
  return { database: { ...base, db }, asked: () => asked, close: base.close };
}
