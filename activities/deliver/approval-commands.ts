import type { Tx } from '../../db/database.ts';
import {
  closeApprovalTask,
  draftedSteps,
  draftsOf,
  markApproved,
  withdrawDrafts,
} from '../../db/queries/approvals/drafts.ts';
import type { State } from '../../workflows/contracts/journey.ts';
import { withEdits } from './edited-words.ts';

type Said = {
  journeyId: string;
  step: string;
  n: number;
  state: State;
  said: { id: string; actor: string; name: 'approve' | 'edit' | 'reject' };
  at: Date;
  publishedAt: Date;
};

/** Carries a word about a message that waits for approval to its draft and its task; sending it is the touch's own work. */
export async function carryOutApproval(
  tx: Tx,
  { journeyId, step, n, state, said, at, publishedAt }: Said,
): Promise<void> {
  // A rejected occurrence may have a later one already: what waits is what was meant.
  const [drafted] = (await draftedSteps(tx, journeyId)).filter((one) => one.step === step);
  const o = { journeyId, step, n: drafted?.n ?? n };
  if (said.name === 'edit') {
    for (const draft of await draftsOf(tx, o)) await withEdits(tx, { journeyId, step, state, publishedAt }, draft);
    return;
  }
  const outcome = said.name === 'approve' ? 'approved' : 'rejected';
  await closeApprovalTask(tx, o, { outcome, by: said.actor, now: at });
  if (said.name === 'approve') await markApproved(tx, o, said.id);
  else await withdrawDrafts(tx, [o], 'approval-rejected', at);
}
