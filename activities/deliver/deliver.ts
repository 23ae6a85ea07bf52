/**
 * Owns one touch: at most one message to each of its recipients, exactly one decision.
 * Invariants: two short transactions around a send and none open across it; every attempt decides from the start by its own clock; what an
 * earlier attempt may have sent is looked up in the ledger before anything else.
 */
import { releaseMessage } from '../../db/queries/ledger/settle-message.ts';
import type { DeliverInput, DeliverOutcome } from '../../workflows/contracts/journey.ts';
import { currentAttempt, throwIfRecalled } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import type { JourneyDeps } from './deps.ts';
import { tryAgain, withCodes } from './failures.ts';
import { reserve } from './reserve.ts';
import type { Reserved } from './reserve.ts';
import { send } from './send.ts';
import { settle } from './settle.ts';
import { tellSeveral } from './several.ts';

/** The activity of one touch; throws failures with a code only, each of them to be tried again. */
export function createDeliver(deps: JourneyDeps) {
  return (input: DeliverInput): Promise<DeliverOutcome> =>
    withCodes(async () => {
      const attempt = currentAttempt(deps, input.clockShift);
      await attempt.probe('begun');
      const left = attempt.receipt && (await settle(deps, input, attempt, attempt.receipt));
      if (left && attempt.receipt?.turn === undefined) return left;
      throwIfRecalled(attempt.signal);
      const reserved = await reserve(deps, input, attempt);
      await attempt.probe('reserved');
      return reserved.t === 'several'
        ? tellSeveral(deps, input, attempt, reserved.recipients, tell)
        : tell(deps, input, attempt, reserved);
    });
}

/** Carries out what was reserved: sends it and writes down what became of it. */
async function tell(
  deps: JourneyDeps,
  input: DeliverInput,
  attempt: Attempt,
  reserved: Exclude<Reserved, { t: 'several' }>,
): Promise<DeliverOutcome> {
  if (reserved.t === 'outcome') return reserved.outcome;
  if (reserved.t === 'retry') throw tryAgain(reserved.code, reserved.afterMs);
  const { row, context } = reserved;
  if (attempt.signal.aborted) {
    await deps.database.db.transaction((tx) => releaseMessage(tx, row.id));
    throwIfRecalled(attempt.signal);
  }
  const result = await send(deps, row, attempt.signal);
  await attempt.probe('answered');
  const { turn } = context;
  const receipt = { message: row.id, attempt: row.attempt, result, at: attempt.now(), ...(turn ? { turn } : {}) };
  const outcome = await settle(deps, input, attempt, receipt, reserved);
  // Somebody else settled this very attempt: the ledger says what it became.
  if (!outcome) throw tryAgain('settled-elsewhere', 0);
  return outcome;
}
