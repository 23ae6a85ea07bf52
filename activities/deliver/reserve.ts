/**
 * Owns the first transaction of a touch: what is decided here is decided under the journey's and the account's lock.
 * Invariants: it ends with an outcome that is recorded, or with a ledger row `intended` under a live lease, which is the only right to send.
 */
import type { Tx } from '../../db/database.ts';
import { lockAccounts } from '../../db/queries/accounts/read-account.ts';
import { withdrawDrafts } from '../../db/queries/approvals/drafts.ts';
import { findMessage } from '../../db/queries/ledger/find-message.ts';
import { anyOpen } from '../../db/queries/journeys/any-open.ts';
import { releaseMessage } from '../../db/queries/ledger/settle-message.ts';
import { freezeRecipients } from '../../db/queries/recipients/recipients.ts';
import { lockTouch } from '../../db/queries/touches/lock-gate.ts';
import { loadTouch } from '../../db/queries/touches/load-touch.ts';
import type { TouchFacts } from '../../db/queries/touches/load-touch.ts';
import type { MessageRow, RecipientRow } from '../../db/schema/index.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { judgeStep } from '../../playbooks/judge/judge-step.ts';
import type { Judgement } from '../../playbooks/judge/judge-step.ts';
import type { DeliverInput, DeliverOutcome } from '../../workflows/contracts/journey.ts';
import { decide } from '../arbiter/decide.ts';
import { begin } from '../broadcast/begin.ts';
import { awaitsWord, withApproval } from './approval.ts';
import type { Attempt } from './attempt.ts';
import { enterJourney, stepOf } from './context.ts';
import type { StepContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { factsOf } from './facts.ts';
import { claimProbe } from './circuit.ts';
import { fromEarlierAttempt } from './earlier-attempt.ts';
import { alarmKeptBack, untilReachable } from './keep-back.ts';
import { offerRefusal } from './offer-refusal.ts';
import { chooseRecipients, tellsSeveral } from './recipient.ts';
import { decideWithoutSending, troubleWith } from './without-sending.ts';
import { say, sayHeld } from './record.ts';
import { healthFor } from './health.ts';
import { scopeOf } from './scope.ts';
import { writeIntent } from './write-intent.ts';
import type { ToWrite } from './write-intent.ts';

export type Reserved =
  | { t: 'outcome'; outcome: DeliverOutcome }
  | { t: 'retry'; code: string; afterMs: number }
  | { t: 'send'; context: StepContext; row: MessageRow; probes: boolean }
  /** The step tells several people, who are frozen now: each has a turn of their own. */
  | { t: 'several'; recipients: RecipientRow[] };

export type Going = Extract<Judgement, { is: 'go' }>;

/** A step that may change its account: it begins anew with the account locked, which comes before all else. */
class NeedsAccount extends Error {}

/** Decides about one occurrence of a step (for one of several recipients when it is that one's turn), and reserves its message when there is one to send. */
export async function reserve(
  deps: JourneyDeps,
  input: DeliverInput,
  attempt: Attempt,
  turn?: string,
): Promise<Reserved> {
  return reserveWith(deps, input, attempt, { turn, hasAccount: false }).catch((error: unknown) => {
    if (!(error instanceof NeedsAccount)) throw error;
    return reserveWith(deps, input, attempt, { turn, hasAccount: true });
  });
}

function reserveWith(
  deps: JourneyDeps,
  input: DeliverInput,
  attempt: Attempt,
  { turn, hasAccount }: { turn: string | undefined; hasAccount: boolean },
): Promise<Reserved> {
  return deps.database.db.transaction(async (tx) => {
    const now = attempt.now();
    if (hasAccount) await lockAccounts(tx, [input.account]);
    const of = { journeyId: input.journeyId, state: input.state, at: now };
    const entered = stepOf(await enterJourney(tx, deps.database, of, () => lockTouch(tx, input.account)), input.step);
    if (entered.spec.missedFact && !hasAccount) throw new NeedsAccount();
    const context = turn === undefined ? entered : { ...entered, turn };
    await attempt.probe('reserve:locked');
    const [existing, loaded] = await Promise.all([
      // A broadcast's messages are of the accounts that it tells.
      context.step.kind === 'broadcast' ? undefined : findMessage(tx, { ...input, contactId: turn }),
      loadTouch(tx, context.journey.accountId, new Date(now)),
    ]);
    if (turn === undefined && tellsSeveral(context.spec)) {
      const { spec, step } = context;
      const chosen = chooseRecipients(loaded.contacts, spec.to, step.channel ?? 'email');
      const recipients = await freezeRecipients(
        tx,
        input,
        chosen.map((c) => c.id),
      );
      if (recipients.length > 0) return { t: 'several', recipients };
    }
    const settled = existing && (await fromEarlierAttempt(tx, deps, context, input, existing, now));
    if (settled) return settled;
    const outcome = await decided(tx, deps, context, input, { existing, loaded }, now);
    await attempt.probe('reserve:decided');
    if (outcome.t === 'outcome' && existing) await putBack(tx, input, existing, outcome.outcome, now);
    return outcome;
  });
}

/** What was reserved and will not be sent now is forgotten; a draft outlives a wait, and nothing else. */
async function putBack(
  tx: Tx,
  input: DeliverInput,
  row: MessageRow,
  outcome: DeliverOutcome,
  now: number,
): Promise<void> {
  if (row.state === 'intended') await releaseMessage(tx, row.id);
  if (row.approvalBy === null || outcome.is === 'held' || outcome.is === 'stale') return;
  await withdrawDrafts(
    tx,
    [{ ...input, contactId: row.contactId }],
    'reason' in outcome ? outcome.reason : outcome.is,
    new Date(now),
  );
}

async function decided(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  { existing, loaded }: { existing: MessageRow | undefined; loaded: TouchFacts },
  now: number,
): Promise<Reserved> {
  const { policy } = deps.settings;
  if (c.gone) {
    await say(tx, c, input, now, { outcome: 'dropped', reason: 'removed-by-migration' });
    return outcomeOf({ is: 'dropped', reason: 'removed-by-migration' });
  }
  if (!loaded.account) throw new TenureError('unknown-account', 'The journey belongs to no account in this database');
  const { facts, contact } = await factsOf(tx, deps, c, loaded, existing, now);
  // Whether the journey and the account are open at all is asked first, so that nothing is said about a step that is paused.
  const early = decide({ ...facts, kind: 'check' }, policy);
  if (early.is !== 'go') return outcomeOf(await refused(tx, deps, c, input, now, early));
  if (awaitsWord(c, input, existing, now)) return withApproval(tx, deps, c, input, now, { existing } as ToWrite);
  // Somebody's word is waited for as long as the playbook says, whatever lateness it allows otherwise.
  if (now > input.staleAfter && !existing?.approvalBy) return outcomeOf(await stale(tx, c, input, now));
  if (c.step.kind === 'broadcast') {
    const may = decide(facts, policy);
    return outcomeOf(may.is === 'go' ? await begin(tx, c, input, now) : await refused(tx, deps, c, input, now, may));
  }
  const { account } = loaded;
  const health = await healthFor(tx, c.playbook, account, now);
  const scope = scopeOf(c, input, { ...loaded, account, health }, contact, now);
  let judged: Judgement;
  let refusal: Awaited<ReturnType<typeof offerRefusal>>;
  try {
    judged = judgeStep(c.playbook, c.spec, scope);
    if (judged.is !== 'skip' && (await isDoneByAnother(tx, c))) judged = { is: 'skip', reason: 'done-by-another' };
    if (judged.is === 'go' && judged.offer) refusal = await offerRefusal(tx, c, judged.offer, scope);
  } catch (error) {
    return outcomeOf(await troubleWith(tx, c, input, now, error));
  }
  if (judged.is === 'skip') {
    await say(tx, c, input, now, { outcome: 'skipped', reason: judged.reason, variant: judged.variant ?? null });
    return outcomeOf({ is: 'skipped', reason: judged.reason, ...(judged.variant ? { variant: judged.variant } : {}) });
  }
  if (refusal) {
    await say(tx, c, input, now, { outcome: 'skipped', ...refusal });
    return outcomeOf({ is: 'skipped', reason: refusal.reason });
  }
  const verdict = decide(await claimProbe(tx, facts, now, policy.probeAfterMs), policy);
  if (verdict.is !== 'go')
    return outcomeOf(await refused(tx, deps, c, input, now, verdict, judged.is === 'go' ? judged.variant : undefined));
  if (judged.is !== 'go' || !contact)
    return outcomeOf(await decideWithoutSending(tx, deps, c, input, now, judged, scope));
  const probes = facts.stops.some((stop) => stop.circuit);
  const toWrite = { going: judged, contact, scope, existing, probes };
  const needsWord = c.spec.approval !== undefined && existing?.state !== 'intended';
  return (needsWord ? withApproval : writeIntent)(tx, deps, c, input, now, toWrite);
}

const isDoneByAnother = (tx: Tx, { spec, journey }: StepContext) =>
  spec.unlessOpen !== undefined && anyOpen(tx, journey.accountId, spec.unlessOpen);

const outcomeOf = (outcome: DeliverOutcome): Reserved => ({ t: 'outcome', outcome });

async function refused(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  now: number,
  said: Exclude<ReturnType<typeof decide>, { is: 'go' }>,
  variant?: string,
): Promise<DeliverOutcome> {
  const verdict = untilReachable(c, said, now);
  if (c.step.class === 'legal' && verdict.is !== 'skipped')
    await alarmKeptBack(tx, deps, c, input, now, verdict.reason);
  if (verdict.is === 'held') {
    const { hold, recheck, reason } = verdict;
    return sayHeld(tx, c, input, now, { is: 'held', hold, recheck, reason }, verdict.details);
  }
  await say(tx, c, input, now, {
    outcome: verdict.is,
    reason: verdict.reason,
    variant: variant ?? null,
    details: verdict.details,
  });
  return { is: verdict.is, reason: verdict.reason, ...(variant ? { variant } : {}) };
}

/** Too late by the clock at this attempt: the run's late policy decides, and its word is written here when it is to skip. */
async function stale(tx: Tx, c: StepContext, input: DeliverInput, now: number): Promise<DeliverOutcome> {
  const details = { lateByMs: now - input.due, within: c.step.late.within };
  const word =
    c.step.late.otherwise === 'skip'
      ? { outcome: 'skipped', reason: 'stale' }
      : { outcome: 'held', reason: 're-planned' };
  await say(tx, c, input, now, { ...word, details });
  return { is: 'stale' };
}
