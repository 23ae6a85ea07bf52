import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { readBroadcast } from '../../db/queries/broadcasts/read-broadcast.ts';
import {
  dropStale,
  endBroadcast,
  markRunning,
  nextRecheck,
  openItems,
} from '../../db/queries/broadcasts/page-of-broadcast.ts';
import { takeTurns } from '../../db/queries/leases/take-turns.ts';
import type { BroadcastItemRow } from '../../db/schema/incidents.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { BroadcastInput, BroadcastPage } from '../../workflows/contracts/incidents.ts';
import type { JourneyDeps } from '../deliver/deps.ts';
import { isDatabaseError, withCodes } from '../deliver/failures.ts';
import { send } from '../deliver/send.ts';
import { readNotice } from './notice.ts';
import type { Notice } from './notice.ts';
import { createPace } from './pace.ts';
import { reserveItem } from './reserve-item.ts';
import { settleSent } from './settle-item.ts';

export type BroadcastDeps = JourneyDeps & {
  /** Messages a second that all processes together hand to a provider, and how many of them at once a notice. */
  perSecond?: number;
  atOnce?: number;
};

const SECONDS_A_PAGE = 4;
const MOST_WAIT_MS = 60_000;
/** An answer that the database does not take is told again: without it the message would be in doubt, or go out twice. */
const RETRIES_MS = [50, 200, 500, 1000, 2000];

/** Tells affected accounts, page by page, each once. */
export function createBroadcastActivities(deps: BroadcastDeps) {
  const { perSecond = 50, atOnce = 8 } = deps;
  const { db } = deps.database;
  const everyMs = 1000 / perSecond;
  const pace = createPace(perSecond, async (turns) =>
    (await takeTurns(db, { name: 'pace:notices', turns, everyMs, now: new Date() })).getTime(),
  );
  const statusPage = `${deps.settings.publicUrl.replace(/\/$/, '')}/status`;

  const runBroadcastPage = ({ broadcastId, clockShift }: BroadcastInput): Promise<BroadcastPage> =>
    withCodes(async () => {
      const now = () => deps.clock(clockShift);
      const broadcast = await readBroadcast(db, broadcastId);
      if (!broadcast) throw new TenureError('unknown-item', 'no such broadcast');
      if (broadcast.state === 'done') return { more: false, afterMs: 0 };
      await markRunning(db, broadcastId);
      if (now() > broadcast.staleAt.getTime()) await dropStale(db, broadcastId, new Date(now()));
      const items = await openItems(db, broadcastId, new Date(now()), Math.ceil(perSecond * SECONDS_A_PAGE));
      if (items.length > 0) await tellAll(await readNotice(db, broadcast, statusPage), items, now);
      const next = await nextRecheck(db, broadcastId);
      if (next !== undefined)
        return { more: true, afterMs: Math.min(MOST_WAIT_MS, Math.max(0, next.getTime() - now())) };
      await endBroadcast(db, broadcastId, new Date(now()));
      return { more: false, afterMs: 0 };
    });

  const tellAll = async (notice: Notice, items: BroadcastItemRow[], now: () => number): Promise<void> => {
    const context = Context.current();
    const left = [...items];
    const lane = async () => {
      for (let item = left.shift(); item && !context.cancellationSignal.aborted; item = left.shift()) {
        await pace();
        await tell(notice, item, now);
        context.heartbeat(item.position);
      }
    };
    const lanes = Array.from({ length: Math.min(atOnce, items.length) }, () =>
      lane().catch((error: unknown) => {
        // This attempt is over: the others end what they have in their hands and take no more.
        left.length = 0;
        throw error;
      }),
    );
    await Promise.all(lanes);
  };

  const tell = async (notice: Notice, item: BroadcastItemRow, now: () => number): Promise<void> => {
    const probe = deps.probe ?? (() => Promise.resolve());
    const reserved = await db.transaction((tx) => reserveItem(tx, deps, notice, item, now()));
    await probe('broadcast:reserved');
    if (!reserved) return;
    const { row, probes } = reserved;
    const result = await send(deps, row, Context.current().cancellationSignal);
    await probe('broadcast:answered');
    const answered = { row, result, probes, now: now() };
    await surely(() => db.transaction((tx) => settleSent(tx, deps, notice, item, answered)));
    await probe('broadcast:settled');
  };

  return { runBroadcastPage };
}

async function surely(write: () => Promise<void>): Promise<void> {
  for (const pause of RETRIES_MS)
    try {
      return await write();
    } catch (error) {
      if (!isDatabaseError(error)) throw error;
      await delay(pause);
    }
  return write();
}

/** What the workflow imports, as a type only. */
export type BroadcastActivities = ReturnType<typeof createBroadcastActivities>;
