import type { Instant } from '../contracts/time.ts';
import type { Draft } from './book.ts';
import { stageEnd } from './due.ts';
import { own } from './own.ts';

/** Opens a stage again that ended because all was done, when more has come up in it; false: it ended by its date or flag. */
export function reopenStage(d: Draft, stageId: string, now: Instant): boolean {
  const y = d.s.stages[stageId]!;
  if (y.ended === undefined) return true;
  const until = d.book.stages.get(stageId)!.until;
  if (until !== undefined && own(d.s.flags, until) !== undefined) return false;
  if ((stageEnd(d.book, d.s, stageId, now) ?? Infinity) <= now) return false;
  delete y.ended;
  return true;
}
