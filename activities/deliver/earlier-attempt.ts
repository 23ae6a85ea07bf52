import type { Tx } from '../../db/database.ts';
import type { MessageRow } from '../../db/schema/index.ts';
import type { DeliverInput } from '../../workflows/contracts/journey.ts';
import { MAX_DOUBTFUL_ATTEMPTS, doubtPolicy } from '../ledger/ledger.ts';
import type { StepContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { settleInDoubt } from './in-doubt.ts';
import { sentOutcome } from './record.ts';
import type { Reserved } from './reserve.ts';

/** What an earlier attempt left in the ledger decides, unless it proves that nothing left: then undefined, and it is decided anew. */
export async function fromEarlierAttempt(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  row: MessageRow,
  now: number,
): Promise<Reserved | undefined> {
  if (row.state === 'failed') return { t: 'outcome', outcome: { is: 'failed', reason: row.error ?? 'rejected' } };
  if (row.state === 'draft') return undefined;
  if (row.state === 'withdrawn') {
    const reason = row.error ?? 'approval-rejected';
    return { t: 'outcome', outcome: { is: 'dropped', reason } };
  }
  if (row.state !== 'intended') return { t: 'outcome', outcome: sentOutcome(c, row) };
  if (row.leaseUntil === null) return undefined;
  const rest = row.leaseUntil.getTime() - now;
  if (rest > 0) return { t: 'retry', code: 'lease-held', afterMs: rest + 50 };
  if (mayRepeat(c, row) && now <= input.staleAfter) return undefined;
  return { t: 'outcome', outcome: await settleInDoubt(tx, deps, c, input, row, { now, code: 'lease-expired' }) };
}

/** An attempt may be repeated although it may have left: by its policy, or because the provider keeps one message a key. */
export function mayRepeat(c: StepContext, row: MessageRow): boolean {
  if (row.provider.startsWith('embedded-')) return true;
  return doubtPolicy({ ...c.step, inDoubt: c.spec.inDoubt }) === 'at-least-once' && row.attempt < MAX_DOUBTFUL_ATTEMPTS;
}
