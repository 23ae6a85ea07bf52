import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { noteSweep, sweptUntil } from '../sweeps/sweeps.ts';

const NAME = 'words';

/**
 * Wipes words and addresses of messages from before that, in the order of their time and some `limit` at once, and notes how far it has come; the rows
 * stay, and so does whatever nobody has decided about yet. Legal notices keep theirs: they are the proof. Answers how many it has looked at.
 */
export async function wipeWords(db: Db, before: Date, limit: number): Promise<number> {
  const from = sql`${((await sweptUntil(db, NAME)) ?? new Date(0)).toISOString()}::timestamptz`;
  const cut = sql`${before.toISOString()}::timestamptz`;
  // Up to a moment and not to a row: many may bear the same one.
  const [page] = await db.execute<{ n: number; until: string | Date | null }>(sql`
    select count(*)::int as n, max(intended_at) as until from (
      select intended_at from messages where intended_at > ${from} and intended_at < ${cut} order by intended_at limit ${limit}) p`);
  if (!page?.until) return 0;
  const until = new Date(page.until);
  await db.execute(sql`
    update messages set "to" = null, subject = null, html = null, text = '', headers = '{}', receipt = null
    where intended_at > ${from} and intended_at <= ${until.toISOString()}::timestamptz
      and class <> 'legal' and state in ('sent', 'failed', 'withdrawn')`);
  await noteSweep(db, { name: NAME, completedAt: until, started: page.n, refused: 0 });
  return page.n;
}
