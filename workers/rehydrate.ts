import { rehydrateJourney } from '../api/journeys/rehydrate-journey.ts';
import { openDatabase } from '../db/database.ts';
import { openJourneyIds } from '../db/queries/journeys/rehydrate-journey.ts';
import { loadConfig } from '../temporal-config/config.ts';
import { connectClient } from '../temporal-config/connect.ts';
import { rehydrateTarget } from './rehydrate-target.ts';

const PAGE = 200;
const USAGE = 'usage: npm run rehydrate -- <journeyId> … | --all-open';

/** `npm run rehydrate`: restarts journeys from what is recorded of them, while everything else runs. */
async function main(args: string[]): Promise<void> {
  const all = args.includes('--all-open');
  if (args.length === 0 || (all && args.length > 1)) throw new Error(USAGE);
  const config = loadConfig();
  const target = await rehydrateTarget(config);
  const database = openDatabase(target.databaseUrl, { max: 4, name: 'tenure-rehydrate' });
  const client = await connectClient(config, target.engine);
  const deps = {
    db: database.db,
    client,
    taskQueue: config.taskQueue,
    clock: Date.now,
    actor: 'operator:rehydrate',
    reason: all ? 'all open journeys' : 'by id',
  };
  let failed = 0;
  try {
    for await (const id of all ? everyOpen(database.db) : args) {
      try {
        const done = await rehydrateJourney(deps, id);
        process.stdout.write(`${JSON.stringify(done)}\n`);
      } catch (error) {
        failed += 1;
        process.stdout.write(
          `${JSON.stringify({ id, is: 'failed', error: error instanceof Error ? error.message : String(error) })}\n`,
        );
      }
    }
  } finally {
    await client.connection.close();
    await database.close();
    await target.stop();
  }
  if (failed > 0) process.exitCode = 1;
}

async function* everyOpen(db: Parameters<typeof openJourneyIds>[0]): AsyncGenerator<string> {
  for (let after: string | undefined; ;) {
    const ids: string[] = await openJourneyIds(db, after, PAGE);
    yield* ids;
    if (ids.length < PAGE) return;
    after = ids.at(-1);
  }
}

if (process.argv[1] === import.meta.filename)
  main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
