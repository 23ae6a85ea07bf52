import { and, desc, eq, gt, like } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { events } from '../../schema/events.ts';
import { programs } from '../../schema/programs.ts';

/** What an event had a journey go over to and its run never followed, with that event; undefined when there is none. */
export async function untakenProgram(tx: Tx, journeyId: string, followed: number) {
  const [program] = await tx
    .select({ playbook: programs.playbook, causeId: programs.causeId })
    .from(programs)
    .where(
      and(eq(programs.journeyId, journeyId), gt(programs.program, followed), like(programs.causeId, `${BY_EVENT}%`)),
    )
    .orderBy(desc(programs.program))
    .limit(1);
  if (!program) return undefined;
  const [event] = await tx
    .select()
    .from(events)
    .where(eq(events.id, program.causeId.slice(BY_EVENT.length)));
  return event && { playbook: program.playbook, event };
}

/** How the cause of a program names the event that asked for it. */
export const BY_EVENT = 'migrated:';
