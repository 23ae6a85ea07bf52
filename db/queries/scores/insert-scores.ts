import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import type { Contribution } from '../../schema/scores.ts';

export type NewScore = {
  account: string;
  model: string;
  version: number;
  at: Date;
  score: number | null;
  band: string | null;
  confidence: number;
  inputs: Record<string, unknown>;
  contributions: Contribution[];
  cause: string;
};

/** Stores scores in one statement; answers `<account> <model>` of those that are new: the same cause twice is one score. */
export async function insertScores(tx: Tx, rows: NewScore[], actor: string): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const json = JSON.stringify(rows);
  const added = await tx.execute<{ account_id: string; model: string }>(sql`
    insert into scores (account_id, model, version, at, score, band, confidence, inputs, contributions, cause, actor)
    select account, model, version, at, score, band, confidence, inputs, contributions, cause, ${actor}
    from jsonb_to_recordset(${json}::jsonb) as r(account text, model text, version int, at timestamptz, score float8, band text,
      confidence float8, inputs jsonb, contributions jsonb, cause text)
    on conflict (account_id, model, cause) do nothing returning account_id, model`);
  return new Set(added.map((row) => `${row.account_id} ${row.model}`));
}
