import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';

export type TimelineMark = { at: string; key: string };
export type TimelineRow = {
  at: Date;
  key: string;
  kind: 'start' | 'decision' | 'command' | 'event' | 'message' | 'end';
  entry: Record<string, unknown>;
};

/** All that is recorded about a journey, newest first: decisions, commands, what it was told, messages, start and end. Message bodies stay out. */
export async function readTimeline(
  db: Db,
  journeyId: string,
  page: { after?: TimelineMark; limit: number },
): Promise<TimelineRow[]> {
  const { after } = page;
  const before = after
    ? sql`where (at, key collate "C") < (${after.at}::timestamptz, ${after.key} collate "C")`
    : sql``;
  const rows = await db.execute<{
    at: string | Date;
    key: string;
    kind: TimelineRow['kind'];
    entry: Record<string, unknown>;
  }>(sql`
    select at, key, kind, entry from (
      select d.at, 'decision:' || d.step || ':' || d.n as key, 'decision' as kind,
        jsonb_build_object('step', d.step, 'n', d.n, 'channel', d.channel, 'outcome', d.outcome, 'reason', d.reason, 'template', d.template, 'variant', d.variant, 'offer', d.offer) as entry
      from decisions d where d.journey_id = ${journeyId}::uuid
      union all
      select c.received_at, 'command:' || c.id, 'command',
        jsonb_build_object('id', c.id, 'command', c.name, 'state', c.state, 'actor', c.actor, 'reason', c.reason, 'rev', c.rev, 'code', c.answer->'code', 'changes', c.answer->'changes')
      from commands c where c.journey_id = ${journeyId}::uuid
      union all
      select v.created_at, 'event:' || v.cause_id, 'event',
        jsonb_build_object('id', v.cause_id, 'type', coalesce(e.type, v.happening->>'t'), 'happened', e.at, 'data', e.data, 'actor', e.actor, 'told', v.delivered_at, 'note', v.note)
      from deliveries v left join events e on e.id = v.cause_id where v.journey_id = ${journeyId}::uuid
      union all
      select coalesce(m.sent_at, m.intended_at), 'message:' || m.id, 'message',
        jsonb_build_object('id', m.id, 'step', m.step, 'channel', m.channel, 'state', m.state, 'template', m.template, 'subject', m.subject, 'contact', m.contact_id, 'attempt', m.attempt)
      from messages m where m.journey_id = ${journeyId}::uuid
      union all
      select j.started_at, 'start', 'start', jsonb_build_object('playbook', j.playbook, 'version', j.version, 'by', j.started_by, 'anchor', j.anchor) from journeys j where j.id = ${journeyId}::uuid
      union all
      select j.ended_at, 'zend', 'end', jsonb_build_object('outcome', j.outcome) from journeys j where j.id = ${journeyId}::uuid and j.ended_at is not null
    ) t ${before} order by at desc, key collate "C" desc limit ${page.limit}`);
  return rows.map((row) => ({ ...row, at: new Date(row.at), entry: withDates(row.entry) }));
}

const dates = ['happened', 'told', 'anchor'];

// Postgres writes an instant inside jsonb as +00:00; the API writes Z everywhere.
const withDates = (entry: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [
      name,
      dates.includes(name) && typeof value === 'string' ? new Date(value).toISOString() : value,
    ]),
  );
