import type { Tx } from '../../db/database.ts';
import { lockItem, settleItem } from '../../db/queries/broadcasts/page-of-broadcast.ts';
import { addressHash } from '../../db/queries/contacts/address-hash.ts';
import { suppress } from '../../db/queries/contacts/suppress.ts';
import { closeCircuit, openCircuit } from '../../db/queries/holds/circuit.ts';
import { lockStops } from '../../db/queries/touches/lock-gate.ts';
import { endLease, settleMessage } from '../../db/queries/ledger/settle-message.ts';
import type { BroadcastItemRow } from '../../db/schema/incidents.ts';
import type { MessageRow } from '../../db/schema/index.ts';
import type { JourneyDeps } from '../deliver/deps.ts';
import { mayRepeat } from '../deliver/earlier-attempt.ts';
import type { SendResult } from '../ports.ts';
import type { Notice } from './notice.ts';

type Item = Pick<BroadcastItemRow, 'broadcastId' | 'position'>;

/** Writes what the provider answered about one account; what may be tried again gets its time. */
export async function settleSent(
  tx: Tx,
  deps: JourneyDeps,
  notice: Notice,
  item: Item,
  { row, result, probes, now }: { row: MessageRow; result: SendResult; probes: boolean; now: number },
): Promise<void> {
  const { policy, secret } = deps.settings;
  const at = new Date(now);
  const told = {
    template: row.template,
    variant: row.variant,
    details: { message: row.id, provider: row.provider, contact: row.contactId, attempt: row.attempt },
    at,
    recheck: null,
  };
  const unavailable = result.state === 'refused' && result.kind === 'unavailable';
  const probeAt = new Date(now + policy.probeAfterMs);
  // Before the item: who is held by a stop may wait for it.
  if (result.state === 'sent' && probes) await lockStops(tx);
  if (unavailable) await openCircuit(tx, { provider: row.provider, reason: result.code, now: at, probeAt });
  await lockItem(tx, item);
  const later = (ms: number) => settleItem(tx, item, { recheck: new Date(now + ms) });
  if (result.state === 'sent') {
    const { providerId, receipt } = result;
    await settleMessage(tx, row.id, { state: 'sent', providerId, receipt, at });
    // Whatever was said of it meanwhile: it left.
    const late = now - notice.broadcast.due.getTime() > 5 * 60_000;
    await settleItem(tx, item, { outcome: 'sent', reason: late ? 'late-within-limit' : 'as-planned', ...told });
    if (probes) await closeCircuit(tx, { provider: row.provider, now: at, perSecond: policy.releasePerSecond });
    return;
  }
  if (result.state === 'in-doubt') {
    if (mayRepeat(notice.context, row)) {
      await endLease(tx, row.id, row.attempt, `in-doubt:${result.code}`);
      return later(policy.retryAfterMs);
    }
    await settleMessage(tx, row.id, { state: 'in-doubt', error: result.code });
    return settleItem(tx, item, { outcome: 'sent', reason: 'in-doubt', ...told });
  }
  const { kind, code } = result;
  if (kind === 'hard-bounce' || kind === 'invalid') {
    const reason = kind === 'hard-bounce' ? 'hard-bounce' : 'rejected';
    await settleMessage(tx, row.id, { state: 'failed', error: reason });
    if (kind === 'hard-bounce' && row.to) {
      const hash = addressHash(row.channel, row.to, secret);
      const why = { reason: 'hard-bounce', source: `message:${row.id}` };
      await suppress(tx, { channel: row.channel, addressHash: hash, scope: 'all', ...why, at });
    }
    return settleItem(tx, item, { outcome: 'failed', reason, ...told });
  }
  await endLease(tx, row.id, row.attempt, code);
  if (!unavailable)
    return later(result.retryAfterMs ?? Math.min(policy.retryAtMostMs, policy.retryAfterMs * 2 ** (row.attempt - 1)));
  return later(policy.probeAfterMs + 1_000);
}
