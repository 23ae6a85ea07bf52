import type { Db } from '../../db/database.ts';
import { claimPage, settlePage } from '../../db/queries/pages/behind-pages.ts';
import type { PageRow } from '../../db/schema/incidents.ts';
import type { PageNews, Pager, PagerAnswer, PageSeverity } from './pager.ts';

export type SendPages = {
  db: Db;
  pager: Pager;
  clock: () => number;
  linkOf: (page: PageRow) => string;
  log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
};

const LEASE_MS = 30_000;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 5 * 60_000;

/** Tells the pager whatever it is behind with, until it cannot take one: that waits, longer each time, and is never forgotten. Answers how many it took. */
export async function sendPages({ db, pager, clock, linkOf, log }: SendPages): Promise<number> {
  for (let taken = 0; ;) {
    const now = clock();
    const row = await claimPage(db, { now: new Date(now), leaseUntil: new Date(now + LEASE_MS) });
    if (!row) return taken;
    const answer = await tell(pager, row, linkOf(row));
    const attempts = row.attempts + 1;
    const about = { page: row.key, provider: pager.provider, code: answer.is === 'taken' ? undefined : answer.code };
    if (answer.is === 'refused') log.error(about, 'the pager refuses a page for good');
    if (answer.is === 'later') log.warn(about, 'the pager cannot be told now');
    if (answer.is === 'taken') taken++;
    const wait = answer.is === 'later' ? (answer.afterMs ?? backOff(attempts)) : 0;
    await settlePage(db, {
      key: row.key,
      told: answer.is === 'later' ? null : row.state,
      attempts,
      nextAt: new Date(clock() + wait),
      provider: pager.provider,
      error: answer.is === 'taken' ? null : answer.code,
    });
    // A pager that is silent takes its time for each: whatever else the caller looks after is not kept waiting for all of them.
    if (answer.is === 'later') return taken;
  }
}

const backOff = (attempts: number) => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1));

function tell(pager: Pager, row: PageRow, link: string): Promise<PagerAnswer> {
  const { key, journeyId, role, title, at } = row;
  const news: PageNews = { key, journeyId, role, title, at, severity: row.severity as PageSeverity, link };
  if (row.state === 'resolved') return pager.resolve(news);
  return row.state === 'acknowledged' ? pager.acknowledge(news) : pager.page(news);
}
