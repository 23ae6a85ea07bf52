/**
 * Owns a notice to several people.
 * Invariants: each has a ledger row and a turn of their own, so a crash between two of them repeats nobody and forgets nobody; the step is told
 * when all of them have an end, and until then it waits with whoever has none. Once anybody was told it is never said to have been dropped.
 */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Tx } from '../../db/database.ts';
import { decisionOf } from '../../db/queries/decisions/decisions-of.ts';
import { endRest, recipientsOf } from '../../db/queries/recipients/recipients.ts';
import { noteDecision } from '../../db/queries/touches/note-decision.ts';
import { lockTouch } from '../../db/queries/touches/lock-gate.ts';
import { isOver } from '../../db/queries/waiters/wait-on.ts';
import type { RecipientRow } from '../../db/schema/index.ts';
import type { DeliverInput, DeliverOutcome } from '../../workflows/contracts/journey.ts';
import { afterSent } from './after-sent.ts';
import { throwIfRecalled } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import { enterJourney, stepOf } from './context.ts';
import type { StepContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { tryAgain } from './failures.ts';
import { alarmKeptBack } from './keep-back.ts';
import { isByClock, say, sayHeld, sentOutcome, staysOpen } from './record.ts';
import { reserve } from './reserve.ts';
import type { Reserved } from './reserve.ts';

type Tell = (
  deps: JourneyDeps,
  input: DeliverInput,
  attempt: Attempt,
  reserved: Exclude<Reserved, { t: 'several' }>,
) => Promise<DeliverOutcome>;

/** An attempt lives 20 s, of which the last turn may take 12 s at its provider and 5 s to be written. */
const LAST_TURN_BEGINS_MS = 2_000;

/** Gives everybody who is undecided their turn, as many as this attempt has time for, and then writes what it comes to. */
export async function tellSeveral(
  deps: JourneyDeps,
  input: DeliverInput,
  attempt: Attempt,
  recipients: RecipientRow[],
  tell: Tell,
): Promise<DeliverOutcome> {
  const begun = performance.now();
  let again: { code: string; afterMs: number } | undefined;
  for (const { contactId, outcome } of recipients) {
    if (outcome !== null && outcome !== 'held') continue;
    if (attempt.signal.aborted) break;
    if (performance.now() - begun > LAST_TURN_BEGINS_MS) {
      again = { code: 'more-recipients', afterMs: 0 };
      break;
    }
    const later = await turnOf(deps, input, attempt, contactId, tell);
    if (later && later.afterMs <= (again?.afterMs ?? Infinity)) again = later;
  }
  if (again && !attempt.signal.aborted) throw tryAgain(again.code, again.afterMs);
  const said = await deps.database.db.transaction((tx) => concludeTurns(tx, deps, input, attempt));
  await attempt.probe('several:said');
  if (said) return said;
  throwIfRecalled(attempt.signal);
  throw tryAgain('more-recipients', 1_000);
}

/** One recipient's turn; answers when to try again where that is not decided yet. */
async function turnOf(
  deps: JourneyDeps,
  input: DeliverInput,
  attempt: Attempt,
  contactId: string,
  tell: Tell,
): Promise<{ code: string; afterMs: number } | undefined> {
  const reserved = await reserve(deps, input, attempt, contactId);
  await attempt.probe('several:reserved');
  if (reserved.t === 'several') throw new RangeError('a turn has no turns');
  if (reserved.t === 'retry') return reserved;
  try {
    await tell(deps, input, attempt, reserved);
    return undefined;
  } catch (error) {
    // Recalled before this one left: what became of the others is still to be written.
    if (error instanceof CancelledFailure) return undefined;
    // What a provider says about one keeps nobody else waiting; a database that is away keeps everybody.
    if (!(error instanceof ApplicationFailure) || error.type === 'database-unavailable') throw error;
    return { code: error.type ?? 'later', afterMs: Number(error.nextRetryDelay ?? 1_000) };
  }
}

/**
 * The step's own word, from what became of everybody: held as long as anybody waits, sent when all have an end and anyone was told. Undefined while
 * somebody is undecided.
 */
async function concludeTurns(
  tx: Tx,
  deps: JourneyDeps,
  input: DeliverInput,
  attempt: Attempt,
): Promise<DeliverOutcome | undefined> {
  const now = attempt.now();
  const { journeyId, state, step } = input;
  const lock = () => lockTouch(tx, input.account);
  const c = stepOf(await enterJourney(tx, deps.database, { journeyId, state, at: now }, lock), step);
  const before = await recipientsOf(tx, input);
  const ends = hasEnded(c) && before.some(isTold);
  if (ends) await endRest(tx, input, { ...wordOfEnd(c), at: new Date(now) });
  const rows = ends ? await recipientsOf(tx, input) : before;
  const told = rows.find(isTold);
  const contacts = contactsOf(rows);
  if (rows.some((one) => one.outcome === null)) {
    if (told) await wait(tx, c, input, now, 'recalled', contacts);
    return told && attempt.signal.aborted ? { is: 'recalled', told: true } : undefined;
  }
  const waits = rows.filter((one) => one.outcome === 'held');
  const late = waits.find(isLate) ?? (told ? undefined : rows.find(isLate));
  if (late) {
    if (late.outcome === 'held') await wait(tx, c, input, now, late.reason!, contacts);
    else await say(tx, c, input, now, { outcome: late.outcome!, reason: late.reason!, details: { contacts } });
    return { is: 'stale' };
  }
  const [first] = waits.sort((a, b) => a.recheck!.getTime() - b.recheck!.getTime());
  if (first) {
    // What held somebody may have ended since their turn, and woke nobody: the step does not wait yet.
    for (const { hold } of waits)
      if (await isOver(tx, { hold: hold!, journeyId, now: new Date(now) })) return undefined;
    // Named is what somebody may end before the earliest time is over.
    const { hold, reason, details: why } = waits.find((one) => !isByClock(one.hold!)) ?? first;
    const held = { is: 'held' as const, hold: hold!, recheck: first.recheck!.getTime(), reason: reason! };
    const details = { ...why, contacts };
    await sayHeld(tx, c, input, now, held, details);
    await noteDecision(tx, { ...input, details });
    return told ? { ...held, told: true } : held;
  }
  if (told) return sent(tx, deps, c, input, now, { rows, told });
  const word = rows.find((one) => one.outcome === 'failed') ?? rows[0]!;
  const is = word.outcome as 'failed' | 'skipped' | 'dropped';
  if (c.step.class === 'legal') await alarmKeptBack(tx, deps, c, input, now, word.reason!);
  await say(tx, c, input, now, { outcome: is, reason: word.reason!, variant: word.variant, details: { contacts } });
  return { is, reason: word.reason!, ...(word.variant ? { variant: word.variant } : {}) };
}

const hasEnded = (c: StepContext) => Boolean(c.gone) || c.hadEnded || c.journey.stopFlag === 'exited';

/** What is said of those whom an end left untold. */
const wordOfEnd = (c: StepContext) => ({
  outcome: 'dropped',
  reason: c.gone ? 'removed-by-migration' : c.hadEnded ? 'journey-ended' : 'journey-exited',
});

const isTold = ({ outcome }: RecipientRow) => outcome === 'sent';

const isLate = ({ reason }: RecipientRow) => reason === 'stale' || reason === 're-planned';

const contactsOf = (rows: RecipientRow[]) =>
  rows.map(({ contactId, outcome, reason }) => ({
    contact: contactId,
    outcome: outcome ?? 'held',
    reason: reason ?? 'recalled',
  }));

/** The step waits for the run to ask again, and who is told already is listed; nothing wakes it but the run. */
async function wait(
  tx: Tx,
  c: StepContext,
  input: DeliverInput,
  now: number,
  reason: string,
  contacts: ReturnType<typeof contactsOf>,
): Promise<void> {
  await say(tx, c, input, now, { outcome: 'held', reason, details: { contacts } });
  // The same word again may be about others.
  await noteDecision(tx, { ...input, details: { contacts } });
}

async function sent(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  now: number,
  { rows, told }: { rows: RecipientRow[]; told: RecipientRow },
): Promise<DeliverOutcome> {
  const outcome = sentOutcome(c, told);
  const before = await decisionOf(tx, input);
  // A later word about what was told (an offer accepted) stands.
  if (before && before.outcome !== 'held') return outcome;
  const undoubted = rows.find((one) => one.outcome === 'sent' && one.reason !== 'in-doubt') ?? told;
  await afterSent(tx, deps.crm, c, input, { now, offer: told.offer });
  const { template, variant, offer } = told;
  const details = { contacts: contactsOf(rows), opens: staysOpen(c, offer) };
  await say(tx, c, input, now, { outcome: 'sent', reason: undoubted.reason!, template, variant, offer, details });
  return outcome;
}
