import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { commands } from '../../schema/journeys.ts';
import { holdJourney } from '../touches/lock-journey.ts';
import { releaseWaiters } from '../waiters/release-waiters.ts';

/** Notes that the journey refused a command, takes back the stop flag that it raised, and wakes what that alone kept back; false when it was settled before. */
export async function refuseCommand(
  tx: Tx,
  command: { journeyId: string; id: string; refusal: Record<string, unknown>; now: Date },
): Promise<boolean> {
  await holdJourney(tx, command.journeyId);
  const rows = await tx
    .update(commands)
    .set({ state: 'refused', answer: command.refusal, answeredAt: command.now })
    .where(and(eq(commands.journeyId, command.journeyId), eq(commands.id, command.id), eq(commands.state, 'received')))
    .returning({ id: commands.id });
  if (rows.length === 0) return false;
  // Another pause or exit without an answer keeps the flag up; so does a pause that the snapshot tells of.
  const [journey] = await tx.execute<{ stop_flag: string | null }>(sql`
    update journeys j set
      stop_command = p.id,
      stop_flag = case when p.name = 'exit' then 'exited' when p.name = 'pause' or jsonb_typeof(j.snapshot->'pause') = 'object' then 'paused' end
    from (select 1) one left join lateral (
      select id, name from commands
      where journey_id = ${command.journeyId}::uuid and state = 'received' and name in ('pause', 'exit')
      order by received_at desc limit 1) p on true
    where j.id = ${command.journeyId}::uuid and j.stop_command = ${command.id} and j.ended_at is null
    returning j.stop_flag`);
  if (journey?.stop_flag === null) {
    const { journeyId, now } = command;
    await releaseWaiters(tx, { hold: 'paused', id: `paused:${command.id}`, journeyId, now, perSecond: 1 });
  }
  return true;
}
