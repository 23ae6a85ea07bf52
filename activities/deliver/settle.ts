/**
 * Owns the second transaction of a touch: the ledger row, the decision and all that the touch opens change together or not at all.
 * Invariants: only the attempt that holds the lease settles; an answer that the database cannot take is left for the next attempt.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { CancelledFailure } from '@temporalio/activity';
import type { Tx } from '../../db/database.ts';
import { addressHash } from '../../db/queries/contacts/address-hash.ts';
import { suppress } from '../../db/queries/contacts/suppress.ts';
import { closeCircuit, openCircuit } from '../../db/queries/holds/circuit.ts';
import { endLease, releaseMessage, settleMessage } from '../../db/queries/ledger/settle-message.ts';
import { lockStops } from '../../db/queries/touches/lock-gate.ts';
import { findMessage } from '../../db/queries/ledger/find-message.ts';
import type { MessageRow } from '../../db/schema/index.ts';
import type { DeliverInput, DeliverOutcome } from '../../workflows/contracts/journey.ts';
import type { RefusalKind } from '../ports.ts';
import { raiseTask } from '../tasks/raise-task.ts';
import { afterSent } from './after-sent.ts';
import type { Attempt, Receipt } from './attempt.ts';
import { enterJourney, stepOf } from './context.ts';
import type { StepContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { mayRepeat } from './earlier-attempt.ts';
import { isDatabaseError, tryAgain } from './failures.ts';
import { settleInDoubt } from './in-doubt.ts';
import { say, sentOutcome, sentReason, staysOpen } from './record.ts';

/** After the transaction: an outcome, another attempt later, or an attempt that was recalled in time. */
type Settled =
  { t: 'outcome'; outcome: DeliverOutcome } | { t: 'retry'; code: string; afterMs: number } | { t: 'recalled' };

/** What the first transaction knows already. */
export type Known = { context: StepContext; row: MessageRow; probes: boolean };

const RETRIES_MS = [50, 200, 500, 1000, 2000];
const RETRY_FOR_MS = 5_000;

/** Writes what the provider answered, trying for some seconds; answers the run, or throws what ends this attempt. */
export async function settle(
  deps: JourneyDeps,
  input: DeliverInput,
  attempt: Attempt,
  receipt: Receipt,
  known?: Known,
): Promise<DeliverOutcome | undefined> {
  const begun = performance.now();
  for (let k = 0; ; k++) {
    try {
      const settled = await deps.database.db.transaction((tx) =>
        write(tx, deps, input, attempt, receipt, k === 0 ? known : undefined),
      );
      await attempt.probe('settled');
      if (settled === undefined) return undefined;
      if (settled.t === 'outcome') return settled.outcome;
      if (settled.t === 'recalled') throw new CancelledFailure('recalled before anything left');
      throw tryAgain(settled.code, Math.min(settled.afterMs, Math.max(0, input.staleAfter - attempt.now()) + 1));
    } catch (error) {
      if (!isDatabaseError(error)) throw error;
      // Left at once: the database may hang longer than this attempt lives.
      if (k === 0) attempt.leave(receipt);
      const pause = RETRIES_MS[k];
      if (pause === undefined || performance.now() - begun > RETRY_FOR_MS)
        throw tryAgain('database-unavailable', 2_000, 'the answer of the provider waits to be written');
      await delay(pause);
    }
  }
}

async function write(
  tx: Tx,
  deps: JourneyDeps,
  input: DeliverInput,
  attempt: Attempt,
  receipt: Receipt,
  known?: Known,
): Promise<Settled | undefined> {
  const { result } = receipt;
  const probes = known?.probes ?? true;
  // Before anything else that this changes: who waits for a stop to end waits for nothing of ours.
  if (result.state === 'sent' ? probes : result.state === 'refused' && result.kind === 'unavailable')
    await lockStops(tx);
  const c = known?.context ?? (await contextOf(tx, deps, input, attempt, receipt));
  // The change itself is conditional, so a first try need not read what it wrote a moment ago.
  const contactId = receipt.turn ?? known?.context.turn;
  const row = known && result.state === 'sent' ? known.row : await findMessage(tx, { ...input, contactId });
  // A receipt is of one attempt: what was settled since, or is another attempt's, is not touched.
  if (row?.id !== receipt.message || row.attempt !== receipt.attempt) return undefined;
  if (row.state === 'sent') return { t: 'outcome', outcome: sentOutcome(c, row) };
  if (row.state !== 'intended' || row.leaseUntil === null) return undefined;
  const now = receipt.at;
  await attempt.probe('settle:begun');
  const settled = await settleAs();
  await attempt.probe('settle:written');
  return settled;

  async function settleAs(): Promise<Settled | undefined> {
    if (result.state === 'sent') {
      const outcome = await sent(tx, deps, c, input, row!, result, { now, probes });
      return outcome && { t: 'outcome', outcome };
    }
    if (result.state === 'refused')
      return refused(tx, deps, c, input, row!, result, { now, recalled: attempt.signal.aborted });
    if (!mayRepeat(c, row!))
      return { t: 'outcome', outcome: await settleInDoubt(tx, deps, c, input, row!, { now, code: result.code }) };
    await endLease(tx, row!.id, row!.attempt, `in-doubt:${result.code}`);
    return { t: 'retry', code: 'in-doubt', afterMs: backOff(deps, row!.attempt) };
  }
}

async function contextOf(tx: Tx, deps: JourneyDeps, input: DeliverInput, attempt: Attempt, { turn }: Receipt) {
  const at = { journeyId: input.journeyId, state: input.state, at: attempt.now() };
  const c = stepOf(await enterJourney(tx, deps.database, at), input.step);
  return turn === undefined ? c : { ...c, turn };
}

async function sent(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  row: MessageRow,
  result: { providerId: string; receipt: string },
  { now, probes }: { now: number; probes: boolean },
): Promise<DeliverOutcome | undefined> {
  const { providerId, receipt } = result;
  const ours = await settleMessage(tx, row.id, { state: 'sent', providerId, receipt, at: new Date(now) }, row.attempt);
  if (!ours) return undefined;
  await afterSent(tx, deps.crm, c, input, { now, offer: row.offer, contactId: row.contactId });
  const { template, variant, offer } = row;
  const details = {
    message: row.id,
    provider: row.provider,
    contact: row.contactId,
    attempt: row.attempt,
    opens: staysOpen(c, offer),
  };
  await say(tx, c, input, now, {
    outcome: 'sent',
    reason: sentReason(input, now, row),
    template,
    variant,
    offer,
    details,
  });
  const { releasePerSecond } = deps.settings.policy;
  if (probes) await closeCircuit(tx, { provider: row.provider, now: new Date(now), perSecond: releasePerSecond });
  return sentOutcome(c, row);
}

const backOff = ({ settings: { policy } }: JourneyDeps, attempt: number): number =>
  Math.min(policy.retryAtMostMs, policy.retryAfterMs * 2 ** (attempt - 1));

async function refused(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  row: MessageRow,
  result: { kind: RefusalKind; code: string; retryAfterMs?: number },
  at: { now: number; recalled: boolean },
): Promise<Settled> {
  const { now } = at;
  if (at.recalled && result.code === 'recalled') {
    await releaseMessage(tx, row.id);
    return { t: 'recalled' };
  }
  if (result.kind === 'hard-bounce' || result.kind === 'invalid') return failed(tx, deps, c, input, row, result, now);
  await endLease(tx, row.id, row.attempt, result.code);
  deps.log.warn(
    { journey: input.journeyId, step: input.step, provider: row.provider, code: result.code },
    'a provider refused for now',
  );
  if (result.kind !== 'unavailable')
    return { t: 'retry', code: result.kind, afterMs: result.retryAfterMs ?? backOff(deps, row.attempt) };
  await openCircuit(tx, {
    provider: row.provider,
    reason: result.code,
    now: new Date(now),
    probeAt: new Date(now + deps.settings.policy.probeAfterMs),
  });
  return { t: 'retry', code: 'provider-unavailable', afterMs: deps.settings.policy.probeAfterMs + 1_000 };
}

async function failed(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  row: MessageRow,
  result: { kind: RefusalKind; code: string },
  now: number,
): Promise<Settled> {
  const reason = result.kind === 'hard-bounce' ? 'hard-bounce' : 'rejected';
  await settleMessage(tx, row.id, { state: 'failed', error: reason });
  if (reason === 'hard-bounce' && row.to) {
    const hash = addressHash(row.channel, row.to, deps.settings.secret);
    const why = { reason: 'hard-bounce', source: `message:${row.id}` };
    await suppress(tx, { channel: row.channel, addressHash: hash, scope: 'all', ...why, at: new Date(now) });
  }
  await raiseTask(tx, {
    journeyId: input.journeyId,
    accountId: c.journey.accountId,
    step: input.step,
    n: input.n,
    what: 'rejected',
    title: `“${c.spec.title}” was refused for good`,
    instructions: `Message ${row.id} was refused by ${row.provider} (${result.code}). Mend the contact's address or the message; it will not be sent again by itself.`,
    owner: input.state.owner,
    now,
  });
  const { template, variant, offer } = row;
  const details = { message: row.id, provider: row.provider, contact: row.contactId, code: result.code };
  await say(tx, c, input, now, { outcome: 'failed', reason, template, variant, offer, details });
  return { t: 'outcome', outcome: { is: 'failed', reason, ...(variant ? { variant } : {}) } };
}
