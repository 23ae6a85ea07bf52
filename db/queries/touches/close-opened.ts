import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { State } from '../../../workflows/contracts/journey.ts';
import type { Tx } from '../../database.ts';
import { checklistItems, offers, tasks } from '../../schema/index.ts';

const OFFER: Record<string, string> = { accepted: 'accepted', declined: 'declined', expired: 'expired' };
const TASK: Record<string, string> = {
  completed: 'completed',
  answered: 'completed',
  missed: 'missed',
  expired: 'missed',
};

/** Brings the offers, tasks and checklist items of a journey to what its run says of them; a word that a person gave stands. */
export async function closeOpened(tx: Tx, i: { journeyId: string; state: State; at: Date }): Promise<void> {
  const steps = Object.entries(i.state.steps);
  const done = steps.filter(([, x]) => x.st === 'done' && x.since !== undefined);
  for (const [step, x] of done) {
    const at = new Date(x.at ?? i.at);
    const ended = i.state.ended !== null && x.reason === 'journey-ended';
    const offer = ended ? 'withdrawn' : OFFER[x.outcome ?? ''];
    const task = ended ? 'cancelled' : TASK[x.outcome ?? ''];
    if (offer)
      await tx
        .update(offers)
        .set({ state: offer, answeredAt: at, answeredBy: 'system' })
        .where(
          and(eq(offers.journeyId, i.journeyId), eq(offers.step, step), eq(offers.n, x.n), eq(offers.state, 'open')),
        );
    if (task)
      await tx
        .update(tasks)
        .set({ state: task, outcome: x.outcome ?? null, completedBy: 'system', endedAt: at })
        .where(and(eq(tasks.key, `${i.journeyId}/${step}/${x.n}`), eq(tasks.state, 'open')));
  }
  for (const [step, x] of steps)
    for (const [item, at] of Object.entries(x.items ?? {}))
      await tx
        .update(checklistItems)
        .set({ doneAt: new Date(at), doneBy: 'system' })
        .where(
          and(
            eq(checklistItems.journeyId, i.journeyId),
            eq(checklistItems.step, step),
            eq(checklistItems.item, item),
            isNull(checklistItems.doneAt),
          ),
        );
}

/** Withdraws and cancels whatever an ended journey still has open; what the system itself raised about it stays for staff. */
export async function closeRest(tx: Tx, i: { journeyId: string; steps: string[]; at: Date }): Promise<void> {
  await tx
    .update(offers)
    .set({ state: 'withdrawn', answeredAt: i.at, answeredBy: 'system' })
    .where(and(eq(offers.journeyId, i.journeyId), eq(offers.state, 'open')));
  if (i.steps.length === 0) return;
  await tx
    .update(tasks)
    .set({ state: 'cancelled', completedBy: 'system', endedAt: i.at })
    .where(and(inArray(tasks.key, i.steps), eq(tasks.state, 'open')));
}
