import { z } from 'zod';
import type { Db } from '../../../db/database.ts';
import { readAccount } from '../../../db/queries/accounts/read-account.ts';
import { bandsWithOverrides, newestScores } from '../../../db/queries/scores/read-scores.ts';
import type { BandWithOverride, ScoreRow } from '../../../db/queries/scores/read-scores.ts';
import { healthPolicy } from '../../../playbooks/scores/policy.ts';
import { modelOf } from '../../../playbooks/scores/read-models.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';

export const ScoreView = z
  .object({
    account: z.string(),
    model: z.string(),
    version: z.number().int(),
    at: z.string(),
    score: z.number().nullable(),
    band: z.string().nullable(),
    confidence: z.number(),
    inputs: z.record(z.string(), z.unknown()),
    contributions: z.array(
      z.object({ metric: z.string(), value: z.unknown(), weight: z.number(), points: z.number() }),
    ),
    cause: z.string(),
    actor: z.string(),
  })
  .meta({ id: 'Score' });

export const BandView = z
  .object({
    account: z.string(),
    model: z.string(),
    band: z.string(),
    title: z.string(),
    colour: z.string(),
    action: z.string(),
    since: z.string(),
    score: z.number().nullable(),
    scoredAt: z.string(),
    byScores: z.string(),
    improving: z.object({ band: z.string(), since: z.string(), inForceAt: z.string() }).nullable(),
    override: z
      .object({ band: z.string(), by: z.string(), reason: z.string(), at: z.string(), until: z.string() })
      .nullable(),
  })
  .meta({ id: 'Band' });

export const Health = z.object({ account: z.string(), bands: z.array(BandView), scores: z.array(ScoreView) });

/** Throws TenureError `unknown-account`. */
export async function mustKnow(db: Db, id: string): Promise<void> {
  const row = await readAccount(db, id);
  if (!row) throw new TenureError('unknown-account', `There is no account ${id}.`, { account: id });
}

/** The bands of an account in force, and its newest score by each model. */
export async function healthOf(db: Db, account: string): Promise<z.infer<typeof Health>> {
  await mustKnow(db, account);
  const [bands, scores] = await Promise.all([bandsWithOverrides(db, account), newestScores(db, account)]);
  return { account, bands: bands.map(toBand), scores: scores.map(toScore) };
}

/** A score as the API shows it. */
export const toScore = ({ accountId, at, seq: _, ...row }: ScoreRow): z.infer<typeof ScoreView> => ({
  account: accountId,
  ...row,
  at: at.toISOString(),
});

/** A band as the API shows it: what is in force, what the scores come to, and a better one that must still last. */
export function toBand({ band: row, override }: BandWithOverride): z.infer<typeof BandView> {
  const { title, colour, action } = modelOf(row.model).bands.find((one) => one.id === row.band)!;
  const since = row.candidateSince;
  return {
    ...{ account: row.accountId, model: row.model, band: row.band, title, colour, action },
    since: row.since.toISOString(),
    score: row.score,
    scoredAt: row.scoredAt.toISOString(),
    byScores: row.auto,
    improving:
      row.candidate === null || since === null
        ? null
        : {
            band: row.candidate,
            since: since.toISOString(),
            inForceAt: new Date(since.getTime() + healthPolicy.improvesAfter).toISOString(),
          },
    override: override && {
      ...{ band: override.band, by: override.by, reason: override.reason },
      at: override.at.toISOString(),
      until: override.until.toISOString(),
    },
  };
}
