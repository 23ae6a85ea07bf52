import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';

export type DeclineRow = {
  accountId: string;
  /** Every score that is known was in one of the bands. */
  always: boolean;
  /** Points gained over the span; null where there was no score so long ago. */
  gained: number | null;
};

/** Which of some accounts are in force in one of some bands of a model, and how they came there. */
export async function readDeclines(
  tx: Tx,
  i: { ids: string[]; model: string; bands: string[]; days: number; now: Date },
): Promise<DeclineRow[]> {
  if (i.ids.length === 0) return [];
  const bands = sql`array(select jsonb_array_elements_text(${JSON.stringify(i.bands)}::jsonb))`;
  const rows = await tx.execute<{ account_id: string; always: boolean; gained: number | null }>(sql`
    select b.account_id,
      not exists (select 1 from scores s where s.account_id = b.account_id and s.model = b.model and s.band <> all(${bands})) as always,
      b.score - (select s.score from scores s where s.account_id = b.account_id and s.model = b.model and s.score is not null
        and s.at <= ${i.now.toISOString()}::timestamptz - ${i.days} * interval '1 day' order by s.at desc, s.seq desc limit 1) as gained
    from bands b
    where b.model = ${i.model} and b.band = any(${bands})
      and b.account_id in (select jsonb_array_elements_text(${JSON.stringify(i.ids)}::jsonb))`);
  return rows.map(({ account_id, always, gained }) => ({ accountId: account_id, always, gained }));
}
