import type { Tx } from '../../database.ts';
import { checklistItems } from '../../schema/index.ts';

/** Writes the items of a checklist once; what is provided is done from the start. */
export async function openChecklist(
  tx: Tx,
  i: { journeyId: string; step: string; items: { id: string; title: string; provided: boolean }[]; now: Date },
): Promise<void> {
  if (i.items.length === 0) return;
  await tx
    .insert(checklistItems)
    .values(
      i.items.map((item) => ({
        journeyId: i.journeyId,
        step: i.step,
        item: item.id,
        title: item.title,
        doneAt: item.provided ? i.now : null,
        doneBy: item.provided ? 'system' : null,
      })),
    )
    .onConflictDoNothing();
}
