import { and, inArray, isNull, lte, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { bandOverrides, bands } from '../../schema/scores.ts';

export type BandRow = typeof bands.$inferSelect;
export type OverrideRow = typeof bandOverrides.$inferSelect;

/** The bands of some accounts, by all models. */
export function bandsOf(tx: Tx, accountIds: string[]): Promise<BandRow[]> {
  return tx.select().from(bands).where(inArray(bands.accountId, accountIds));
}

/** The overrides of some accounts that have not been ended. */
export function openOverrides(tx: Tx, accountIds: string[]): Promise<OverrideRow[]> {
  return tx
    .select()
    .from(bandOverrides)
    .where(and(inArray(bandOverrides.accountId, accountIds), isNull(bandOverrides.endedAt)));
}

/** Ends the overrides of some accounts whose time is over. */
export async function endOverrides(tx: Tx, accountIds: string[], now: Date): Promise<void> {
  await tx
    .update(bandOverrides)
    .set({ endedAt: now, endedBy: 'system' })
    .where(
      and(inArray(bandOverrides.accountId, accountIds), isNull(bandOverrides.endedAt), lte(bandOverrides.until, now)),
    );
}

/** Writes bands whole, in one statement. */
export async function putBands(tx: Tx, rows: BandRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`
    insert into bands (account_id, model, band, since, auto, auto_since, candidate, candidate_since, score, scored_at, override_id, told, changes)
    select "accountId", model, band, since, auto, "autoSince", candidate, "candidateSince", score, "scoredAt", "overrideId", told, changes
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r("accountId" text, model text, band text, since timestamptz, auto text,
      "autoSince" timestamptz, candidate text, "candidateSince" timestamptz, score float8, "scoredAt" timestamptz, "overrideId" uuid,
      told text, changes int)
    on conflict (account_id, model) do update set band = excluded.band, since = excluded.since, auto = excluded.auto,
      auto_since = excluded.auto_since, candidate = excluded.candidate, candidate_since = excluded.candidate_since, score = excluded.score,
      scored_at = excluded.scored_at, override_id = excluded.override_id, told = excluded.told, changes = excluded.changes`);
}
