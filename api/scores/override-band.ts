import { randomUUID } from 'node:crypto';
import type { Tx } from '../../db/database.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { endOverride, replaceOverride } from '../../db/queries/scores/read-scores.ts';
import { healthPolicy } from '../../playbooks/scores/policy.ts';
import { modelOf } from '../../playbooks/scores/read-models.ts';
import { recordScores } from '../../playbooks/scores/record-scores.ts';
import type { IngestPort } from '../../playbooks/scores/record-scores.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { InvalidRequest } from '../problem.ts';
import { openAccount } from './open-account.ts';

type By = { account: string; model: string; actor: string; reason?: string; ingest: IngestPort; now: number };

/** Sets an account's band by hand until a moment; playbooks hear of it as of any change. */
export async function overrideBand(
  tx: Tx,
  { band, until, reason, ...by }: By & { band: string; until: string; reason: string },
): Promise<void> {
  const model = modelOf(by.model);
  if (!model.bands.some((one) => one.id === band))
    throw new InvalidRequest([
      { pointer: '/band', detail: `must be one of ${model.bands.map((one) => one.id).join(', ')}` },
    ]);
  if (Date.parse(until) <= by.now)
    throw new TenureError('invalid-date', 'An override must end in the future.', {
      errors: [{ pointer: '/until', detail: 'not in the future' }],
    });
  await openAccount(tx, by.account);
  const at = new Date(by.now);
  await replaceOverride(tx, {
    ...{ id: randomUUID(), accountId: by.account, model: model.id, band, reason, by: by.actor, at },
    until: new Date(until),
  });
  await settle(tx, by, 'band.overridden', { band, until, reason });
}

/** Takes an override back before its time; throws `unknown-item` when none stands. */
export async function endBandOverride(tx: Tx, by: By): Promise<void> {
  modelOf(by.model);
  await openAccount(tx, by.account);
  const found = await endOverride(tx, {
    ...{ accountId: by.account, model: by.model, by: by.actor, now: new Date(by.now) },
  });
  if (!found) throw new TenureError('unknown-item', 'No override stands for this account and model.', {});
  await settle(tx, by, 'band.override-ended', {});
}

async function settle(
  tx: Tx,
  { account, model, actor, ingest, now }: By,
  action: string,
  { reason, ...details }: { reason?: string; band?: string; until?: string },
): Promise<void> {
  const at = new Date(now);
  await recordAudit(tx, { at, actor, action, target: `account:${account}`, reason, details: { model, ...details } });
  await recordScores(tx, { accounts: [account], scores: [], actor, policy: healthPolicy, ingest, now: at });
}
