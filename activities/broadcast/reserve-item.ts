/**
 * Owns the first transaction of one account's notice, decided under the account's gate.
 * Invariants: it ends with a word on the item, or with a ledger row `intended` under a live lease, which is the only right to send.
 */
import { randomUUID } from 'node:crypto';
import type { Tx } from '../../db/database.ts';
import { readBroadcast } from '../../db/queries/broadcasts/read-broadcast.ts';
import { shareFlagOfJourney } from '../../db/queries/broadcasts/flag-of-journey.ts';
import { messageOfItem } from '../../db/queries/broadcasts/message-of-item.ts';
import { lockItem, settleItem } from '../../db/queries/broadcasts/page-of-broadcast.ts';
import type { ItemWord } from '../../db/queries/broadcasts/page-of-broadcast.ts';
import { intendMessage, retryMessage } from '../../db/queries/ledger/intend-message.ts';
import { settleMessage } from '../../db/queries/ledger/settle-message.ts';
import { loadTouch } from '../../db/queries/touches/load-touch.ts';
import { lockTouch } from '../../db/queries/touches/lock-gate.ts';
import type { BroadcastItemRow } from '../../db/schema/incidents.ts';
import type { MessageRow } from '../../db/schema/index.ts';
import { CelError } from '../../playbooks/cel/cel-error.ts';
import { judgeStep } from '../../playbooks/judge/judge-step.ts';
import type { State } from '../../workflows/contracts/journey.ts';
import { decide } from '../arbiter/decide.ts';
import { claimProbe } from '../deliver/circuit.ts';
import { compose } from '../deliver/compose.ts';
import type { JourneyDeps } from '../deliver/deps.ts';
import { mayRepeat } from '../deliver/earlier-attempt.ts';
import { factsOf } from '../deliver/facts.ts';
import { addressOf } from '../deliver/recipient.ts';
import { scopeOf } from '../deliver/scope.ts';
import { providerOf } from '../deliver/send.ts';
import { domainOf, messageIdFor } from '../email/message-id.ts';
import { LEASE_MS, ledgerKey } from '../ledger/ledger.ts';
import { RenderError } from '../render/render.ts';
import type { Notice } from './notice.ts';

/** The message to send now, and whether it tries a dead provider again; undefined when there is none. */
export type Reserved = { row: MessageRow; probes: boolean } | undefined;

/** A held item is looked at again so soon: a notice is about what happens now. */
const LOOK_AGAIN_MS = 60_000;

/** Decides about one account, and reserves its message when there is one to send. */
export async function reserveItem(
  tx: Tx,
  deps: JourneyDeps,
  notice: Notice,
  of: Pick<BroadcastItemRow, 'broadcastId' | 'position' | 'accountId'>,
  now: number,
): Promise<Reserved> {
  const { accountId } = of;
  // Journey, gate, item, message: in this order everywhere, since an attempt that is taken for dead may still be at work.
  const flag = await shareFlagOfJourney(tx, notice.broadcast.journeyId);
  await lockTouch(tx, accountId);
  const item = await lockItem(tx, of);
  if (item.outcome !== null) return undefined;
  const settled = async (word: ItemWord): Promise<undefined> => {
    await settleItem(tx, of, { recheck: null, at: new Date(now), ...word });
  };
  const { broadcast, words } = notice;
  const c = { ...notice.context, journey: { ...notice.context.journey, ...flag } };
  const key = { journeyId: broadcast.journeyId, step: broadcast.step, n: broadcast.n };
  const [existing, loaded, newest] = await Promise.all([
    messageOfItem(tx, { ...key, accountId }),
    loadTouch(tx, accountId, new Date(now)),
    readBroadcast(tx, of.broadcastId),
  ]);
  const over = now > broadcast.staleAt.getTime() ? 'stale' : newest?.supersededAt ? 'superseded' : undefined;
  if (existing) {
    const word = await fromEarlier(tx, notice, existing, { now, over: over !== undefined });
    if (word) return settled(word);
  }
  if (over) return settled({ outcome: 'skipped', reason: over });
  const { account } = loaded;
  if (!account) return settled({ outcome: 'dropped', reason: 'account-erased' });
  const { facts, contact } = await factsOf(tx, deps, c, loaded, existing, now);
  const state = { flags: broadcast.flags, steps: {}, startedAt: broadcast.due.getTime(), anchors: {} };
  const scope = scopeOf(
    c,
    { journeyId: key.journeyId, step: key.step, state: state as unknown as State },
    { ...loaded, account },
    contact,
    now,
  );
  const { policy } = deps.settings;
  try {
    const judged = judgeStep(c.playbook, c.spec, scope);
    if (judged.is === 'skip')
      return await settled({ outcome: 'skipped', reason: judged.reason, variant: judged.variant ?? null });
    const verdict = decide(await claimProbe(tx, facts, now, policy.probeAfterMs), policy);
    if (verdict.is === 'held') {
      const recheck = new Date(Math.min(verdict.recheck, now + LOOK_AGAIN_MS));
      await settleItem(tx, of, { reason: verdict.reason, details: verdict.details, recheck });
      return undefined;
    }
    if (verdict.is !== 'go')
      return await settled({ outcome: verdict.is, reason: verdict.reason, details: verdict.details });
    if (judged.is !== 'go' || !contact) return await settled({ outcome: 'skipped', reason: 'no-contact' });
    const channel = c.step.channel ?? 'email';
    const lease = { leaseUntil: new Date(now + LEASE_MS), provider: providerOf(deps, channel) };
    const probes = facts.stops.some((stop) => stop.circuit);
    if (existing)
      return { row: await retryMessage(tx, existing.id, { ...lease, attempt: existing.attempt + 1 }), probes };
    const zone = contact.timeZone ?? account.timeZone;
    const say = { template: judged.template ?? '', data: { ...judged.data, ...words }, scope };
    const composed = await compose(tx, deps.settings, c, { contact, channel, zone, n: key.n }, say);
    const message = { ...key, contactId: contact.id, channel };
    const row = await intendMessage(tx, {
      ...message,
      ...composed,
      ...lease,
      id: randomUUID(),
      accountId,
      class: c.step.class,
      state: 'intended',
      attempt: 1,
      to: addressOf(contact, channel),
      variant: judged.variant ?? null,
      offer: null,
      messageId: messageIdFor(ledgerKey(message), domainOf(deps.settings.mailFrom)),
      countsForCap: true,
      intendedAt: new Date(now),
    });
    return { row, probes };
  } catch (error) {
    if (!(error instanceof RenderError) && !(error instanceof CelError)) throw error;
    const reason = error instanceof RenderError ? 'render-error' : 'data-error';
    return settled({ outcome: 'failed', reason, details: { code: error.code } });
  }
}

/** What an earlier attempt left decides, unless it proves that nothing left: then undefined. */
async function fromEarlier(
  tx: Tx,
  notice: Notice,
  row: MessageRow,
  { now, over }: { now: number; over: boolean },
): Promise<ItemWord | undefined> {
  const told = { template: row.template, variant: row.variant, details: { message: row.id, contact: row.contactId } };
  if (row.state === 'failed') return { outcome: 'failed', reason: row.error ?? 'rejected', ...told };
  if (row.state === 'in-doubt') return { outcome: 'sent', reason: 'in-doubt', ...told };
  if (row.state !== 'intended') return { outcome: 'sent', reason: 'as-planned', ...told };
  if (row.leaseUntil === null) return undefined;
  // Somebody may be at the provider with it.
  if (row.leaseUntil.getTime() > now)
    return { outcome: null, at: null, recheck: new Date(row.leaseUntil.getTime() + 50) };
  if (!over && mayRepeat(notice.context, row)) return undefined;
  await settleMessage(tx, row.id, { state: 'in-doubt', error: 'lease-expired' });
  return { outcome: 'sent', reason: 'in-doubt', ...told };
}
