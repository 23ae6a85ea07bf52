import { sql } from 'drizzle-orm';
import type { Reason } from '../../../workflows/contracts/reasons.ts';
import type { State } from '../../../workflows/contracts/journey.ts';
import type { Tx } from '../../database.ts';
import { changePages } from '../pages/change-pages.ts';

const OFFER: Record<string, string> = { accepted: 'accepted', declined: 'declined', expired: 'expired' };
const TASK: Record<string, string> = {
  completed: 'completed',
  answered: 'completed',
  missed: 'missed',
  expired: 'missed',
  held: 'completed',
  'no-show': 'missed',
};
const SURVEY: Record<string, string> = { expired: 'expired', missed: 'expired', answered: 'answered' };
const REMOVED = 'removed-by-migration' satisfies Reason;

type Closed = {
  step: string;
  n: number;
  at: string;
  outcome: string;
  offer: string | null;
  task: string | null;
  survey: string | null;
};

function closedOf(i: { state: State; at: Date }): Closed[] {
  const occurrences = [...(i.state.past ?? []).map((x) => [x.step, x] as const), ...Object.entries(i.state.steps)];
  return occurrences.flatMap(([step, x]): Closed[] => {
    if (x.st !== 'done' || x.since === undefined) return [];
    const withdrawn = (i.state.ended !== null && x.reason === 'journey-ended') || x.reason === REMOVED;
    const outcome = x.outcome ?? '';
    const [offer = null, task = null, survey = null] = withdrawn
      ? ['withdrawn', 'cancelled', 'withdrawn']
      : [OFFER[outcome], TASK[outcome], SURVEY[outcome]];
    return [{ step, n: x.n, at: new Date(x.at ?? i.at).toISOString(), outcome, offer, task, survey }];
  });
}

/** Brings the offers, tasks and checklist items of a journey to what its run says of them; a word that a person gave stands. */
export async function closeOpened(tx: Tx, i: { journeyId: string; state: State; at: Date }): Promise<void> {
  const steps = Object.entries(i.state.steps);
  const closed = closedOf(i);
  if (closed.length > 0) await close(tx, i.journeyId, closed, i.at);
  const items = steps.flatMap(([step, x]) =>
    Object.entries(x.items ?? {}).map(([item, at]) => ({ step, item, at: new Date(at).toISOString() })),
  );
  if (items.length > 0)
    await tx.execute(sql`
      update checklist_items c set done_at = d.at, done_by = 'system'
      from jsonb_to_recordset(${JSON.stringify(items)}::jsonb) d(step text, item text, at timestamptz)
      where c.journey_id = ${i.journeyId}::uuid and c.step = d.step and c.item = d.item and c.done_at is null`);
}

async function close(tx: Tx, journeyId: string, closed: Closed[], now: Date): Promise<void> {
  const done = sql`jsonb_to_recordset(${JSON.stringify(closed)}::jsonb)
    d(step text, n int, at timestamptz, outcome text, offer text, task text, survey text)`;
  await tx.execute(sql`
    update offers o set state = d.offer, answered_at = d.at, answered_by = 'system' from ${done}
    where o.journey_id = ${journeyId}::uuid and o.step = d.step and o.n = d.n and o.state = 'open' and d.offer is not null`);
  const ended = await tx.execute<{ key: string }>(sql`
    update tasks t set changed_in = pg_current_xact_id(), state = d.task, outcome = d.outcome, completed_by = 'system', ended_at = d.at from ${done}
    where t.journey_id = ${journeyId}::uuid and t.step = d.step and t.n = d.n and t.state = 'open' and d.task is not null
      and (t.key = ${`${journeyId}/`} || d.step || '/' || d.n or t.key like ${`${journeyId}/`} || d.step || '/' || d.n || '/escalation/%')
    returning t.key`);
  // Nobody need answer a call about what is done.
  const keys = ended.map(({ key }) => key);
  if (keys.length > 0) await changePages(tx, { keys }, { to: 'acknowledged', now });
}

/** The same for surveys; only where a playbook has any, so that no other touch pays for it. */
export async function closeSurveys(tx: Tx, i: { journeyId: string; state: State; at: Date }): Promise<void> {
  const closed = closedOf(i).filter((one) => one.survey !== null && one.survey !== 'answered');
  if (closed.length === 0) return;
  await tx.execute(sql`
    update surveys s set state = d.survey from jsonb_to_recordset(${JSON.stringify(closed)}::jsonb)
      d(step text, n int, survey text)
    where s.journey_id = ${i.journeyId}::uuid and s.step = d.step and s.n = d.n and s.state = 'open'`);
}

/** Withdraws and cancels whatever an ended journey still has open, of every occurrence of these steps; what the system itself raised about it stays for staff. */
export async function closeRest(tx: Tx, i: { journeyId: string; steps: string[]; at: Date }): Promise<void> {
  const at = i.at.toISOString();
  await tx.execute(sql`
    update offers set state = 'withdrawn', answered_at = ${at}::timestamptz, answered_by = 'system'
    where journey_id = ${i.journeyId}::uuid and state = 'open'`);
  await tx.execute(sql`
    update tasks set changed_in = pg_current_xact_id(), state = 'cancelled', completed_by = 'system', ended_at = ${at}::timestamptz
    where journey_id = ${i.journeyId}::uuid and step = any(${sql.param(i.steps)}::text[]) and state = 'open'
      and (key = ${`${i.journeyId}/`} || step || '/' || n or key like ${`${i.journeyId}/`} || step || '/' || n || '/escalation/%')`);
  await tx.execute(sql`
    update surveys set state = 'withdrawn' where journey_id = ${i.journeyId}::uuid and state = 'open'`);
}
