import type { Tx } from '../../db/database.ts';
import { lockAccounts } from '../../db/queries/accounts/read-account.ts';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import { readFigures } from '../../db/queries/scores/read-figures.ts';
import type { Figures } from '../../db/queries/scores/read-figures.ts';
import type { NewScore } from '../../db/queries/scores/insert-scores.ts';
import { plans } from '../plans.ts';
import { evaluateScore } from './evaluate-score.ts';
import { findInputs, metricsOf } from './find-inputs.ts';
import type { HealthPolicy } from './policy.ts';
import { modelOf } from './read-models.ts';
import { recordScores } from './record-scores.ts';
import type { IngestPort } from './record-scores.ts';

export type ScoreAccounts = {
  ids: string[];
  /** What makes a score be given once: `sweep:<day>`, or for an account the event that asked. */
  cause: string | ((account: string) => string);
  actor: string;
  policy: HealthPolicy;
  ingest: IngestPort;
  now: Date;
};

/** The model by which accounts on a plan are scored; undefined: none. */
export function modelOfPlan(plan: string, policy: HealthPolicy): string | undefined {
  const own = plans[plan]?.health;
  if (own) return own;
  return policy.shown.plans.includes(plan) ? policy.shown.model : undefined;
}

/** Plans whose accounts are scored. */
export const scoredPlans = (policy: HealthPolicy): string[] =>
  Object.keys(plans).filter((plan) => modelOfPlan(plan, policy) !== undefined);

/** Scores accounts from what is known of them and brings their bands up to date, in a number of statements that does not grow with theirs. */
export async function scoreAccounts(tx: Tx, s: ScoreAccounts) {
  const accounts = (await lockAccounts(tx, s.ids)).filter((row) => !row.closedAt && !row.erasedAt);
  const used = new Set(accounts.flatMap((row) => modelOfPlan(row.plan, s.policy) ?? []));
  const metrics = [...new Set([...used].flatMap((id) => metricsOf(modelOf(id))))];
  const figures = await readFigures(tx, { ids: accounts.map((row) => row.id), metrics, now: s.now });
  const scores = accounts.flatMap((account) => scoreOf(account, figures.get(account.id)!, s) ?? []);
  const { policy, ingest, actor, now } = s;
  const recorded = await recordScores(tx, {
    accounts: accounts.map((row) => row.id),
    scores,
    actor,
    policy,
    ingest,
    now,
  });
  return { ...recorded, accounts, figures };
}

/** One account's score, as a row; undefined when it has no model or too little is known. */
function scoreOf(account: AccountRow, figures: Figures, s: ScoreAccounts): NewScore | undefined {
  const id = modelOfPlan(account.plan, s.policy);
  if (id === undefined) return undefined;
  const model = modelOf(id);
  const { plan, facts, createdAt } = account;
  const inputs = findInputs(model, { plan, facts, createdAt, figures, limit: plans[plan]?.limit ?? null, now: s.now });
  const { version, score, band, confidence, contributions } = evaluateScore(model, inputs);
  // What a rule finds stands by itself; only a weighted score lets what is known stand for what is not.
  if (confidence === 0 || (model.structure.kind === 'weighted' && confidence < s.policy.leastConfidence))
    return undefined;
  return {
    account: account.id,
    ...{ model: id, version, at: s.now, score, band, confidence, inputs, contributions },
    cause: typeof s.cause === 'string' ? s.cause : s.cause(account.id),
  };
}
