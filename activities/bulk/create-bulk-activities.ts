import { heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Database } from '../../db/database.ts';
import { openItems, readBulk } from '../../db/queries/bulk/read-bulk.ts';
import { endBulk, markBulkRunning, settleItem } from '../../db/queries/bulk/settle-bulk.ts';
import { bulkCommandId } from '../../workflows/contracts/bulk.ts';
import type { BulkPage, BulkPageInput } from '../../workflows/contracts/bulk.ts';
import { CommandBody } from '../../workflows/contracts/commands.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';

/** Gives one journey one command; throws TenureError when it is refused or nobody knows. */
export type IssueCommand = (command: {
  journeyId: string;
  id: string;
  body: CommandBody;
  actor: string;
  bulkId: string;
}) => Promise<unknown>;

export type BulkDeps = {
  database: Pick<Database, 'db'>;
  issue: IssueCommand;
  clock: () => number;
  /** Commands a second, and how many at once. */
  perSecond?: number;
  atOnce?: number;
};

const PAGE = 50;
const UNKNOWN = new Set<string>(['outcome-unknown', 'engine-unavailable', 'engine-paused', 'no-worker']);

/** Carries out bulk commands, page by page. */
export function createBulkActivities({ database: { db }, issue, clock, perSecond = 10, atOnce = 5 }: BulkDeps) {
  const runBulkPage = async ({ bulkId, from }: BulkPageInput): Promise<BulkPage> => {
    const bulk = await readBulk(db, bulkId);
    if (!bulk) throw ApplicationFailure.nonRetryable('no such bulk command', 'unknown-item');
    await markBulkRunning(db, bulkId);
    const body = CommandBody.parse(bulk.body);
    const items = await openItems(db, bulkId, from, from + PAGE);
    for (let i = 0; i < items.length; i += atOnce) {
      const began = Date.now();
      const some = items.slice(i, i + atOnce);
      await Promise.all(some.map((item) => one(item, { id: bulkCommandId(bulkId), body, actor: bulk.actor, bulkId })));
      heartbeat(items[i]!.position);
      const rest = (some.length / perSecond) * 1000 - (Date.now() - began);
      if (rest > 0 && i + atOnce < items.length) await new Promise((resolve) => setTimeout(resolve, rest));
    }
    if (from + PAGE < bulk.total) return { next: from + PAGE };
    await endBulk(db, bulkId, new Date(clock()));
    return { next: null };
  };

  const one = async (
    item: { bulkId: string; position: number; journeyId: string },
    command: { id: string; body: CommandBody; actor: string; bulkId: string },
  ): Promise<void> => {
    const settle = (result: Pick<Parameters<typeof settleItem>[1], 'outcome' | 'code' | 'detail'>) =>
      settleItem(db, { bulkId: item.bulkId, position: item.position, now: new Date(clock()), ...result });
    try {
      await issue({ journeyId: item.journeyId, ...command });
      await settle({ outcome: 'applied' });
    } catch (error) {
      // Of a command that had no turn nothing is on record, and nobody would ask again: the page is tried again for it.
      if (!(error instanceof TenureError) || error.code === 'too-many-commands') throw error;
      const code = typeof error.details.code === 'string' ? error.details.code : error.code;
      await settle({ outcome: UNKNOWN.has(error.code) ? 'unknown' : 'refused', code, detail: error.message });
    }
  };

  return { runBulkPage };
}

/** What the workflow imports, as a type only. */
export type BulkActivities = ReturnType<typeof createBulkActivities>;
