import { randomUUID } from 'node:crypto';
import type { Tx } from '../../db/database.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { scoreBy } from '../../db/queries/scores/read-scores.ts';
import type { ScoreRow } from '../../db/queries/scores/read-scores.ts';
import { bandOf } from '../../playbooks/scores/evaluate-weighted.ts';
import { healthPolicy } from '../../playbooks/scores/policy.ts';
import { modelOf } from '../../playbooks/scores/read-models.ts';
import { recordScores } from '../../playbooks/scores/record-scores.ts';
import type { IngestPort } from '../../playbooks/scores/record-scores.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { InvalidRequest } from '../problem.ts';
import { openAccount } from './open-account.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';

export type GivenScore = { model: string; score?: number; band?: string; at?: string };

/** Records a score that was worked out elsewhere, with all that follows from a score of our own. Throws `unknown-account`, `unknown-model`, `invalid-date`. */
export async function giveScore(
  tx: Tx,
  {
    account,
    given,
    actor,
    ingest,
    now,
  }: { account: string; given: GivenScore; actor: string; ingest: IngestPort; now: number },
): Promise<ScoreRow> {
  const model = modelOf(given.model);
  await openAccount(tx, account);
  const at = given.at === undefined ? now : Date.parse(given.at);
  if (at > now + DAY_MS)
    throw new TenureError('invalid-date', 'A score cannot be of the future.', {
      errors: [{ pointer: '/at', detail: 'in the future' }],
    });
  const cause = `given:${randomUUID()}`;
  const score = {
    account,
    ...{
      model: model.id,
      version: model.version,
      at: new Date(at),
      cause,
      confidence: 1,
      inputs: {},
      contributions: [],
    },
    ...valueOf(given, model.structure.kind),
  };
  const at_ = new Date(now);
  await recordScores(tx, { accounts: [account], scores: [score], actor, policy: healthPolicy, ingest, now: at_ });
  await recordAudit(tx, {
    at: at_,
    actor,
    action: 'score.given',
    target: `account:${account}`,
    details: { model: model.id, score: score.score, band: score.band },
  });
  return (await scoreBy(tx, { account, model: model.id, cause }))!;
}

function valueOf({ model: id, score, band }: GivenScore, kind: string): { score: number | null; band: string } {
  const model = modelOf(id);
  if (band !== undefined && !model.bands.some((one) => one.id === band))
    throw new InvalidRequest([
      { pointer: '/band', detail: `must be one of ${model.bands.map((one) => one.id).join(', ')}` },
    ]);
  if (kind === 'rules') {
    if (band === undefined || score !== undefined)
      throw new InvalidRequest([{ pointer: '/band', detail: `${id} gives a band and no score: say which` }]);
    return { score: null, band };
  }
  if (score === undefined || band !== undefined)
    throw new InvalidRequest([
      { pointer: '/score', detail: `${id} gives a score, from which the band follows: say it` },
    ]);
  return { score, band: bandOf(model, score) };
}
