import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { journeys, messages } from '../../schema/index.ts';

const columns = {
  id: messages.id,
  journeyId: messages.journeyId,
  accountId: messages.accountId,
  step: messages.step,
  n: messages.n,
  contactId: messages.contactId,
  channel: messages.channel,
  to: messages.to,
  subject: messages.subject,
  html: messages.html,
  text: messages.text,
  template: messages.template,
  state: messages.state,
  role: messages.approvalBy,
  until: messages.approvalUntil,
  editedBy: messages.editedBy,
  approvedBy: messages.approvedBy,
  madeAt: messages.intendedAt,
  playbook: journeys.playbook,
  timetable: journeys.timetable,
};

/** Messages that wait for somebody's word, the longest waiting first. `after` is the last one of the page before. */
export function listApprovals(
  db: Db | Tx,
  f: {
    accountId?: string;
    journeyId?: string;
    step?: string;
    role?: string;
    after?: { at: string; id: string };
    limit: number;
  },
) {
  const { after } = f;
  return db
    .select(columns)
    .from(messages)
    .innerJoin(journeys, eq(journeys.id, messages.journeyId))
    .where(
      and(
        eq(messages.state, 'draft'),
        isNull(messages.approvedBy),
        isNull(journeys.endedAt),
        f.accountId ? eq(messages.accountId, f.accountId) : undefined,
        f.journeyId ? eq(messages.journeyId, f.journeyId) : undefined,
        f.step ? eq(messages.step, f.step) : undefined,
        f.role ? eq(messages.approvalBy, f.role) : undefined,
        after
          ? sql`(${messages.intendedAt}, ${messages.id}) > (${after.at}::timestamptz, ${after.id}::uuid)`
          : undefined,
      ),
    )
    .orderBy(asc(messages.intendedAt), asc(messages.id))
    .limit(f.limit);
}
export type ApprovalRow = Awaited<ReturnType<typeof listApprovals>>[number];

/** A message that waits or waited for somebody's word. */
export async function readApproval(db: Db | Tx, id: string): Promise<ApprovalRow | undefined> {
  const [row] = await db
    .select(columns)
    .from(messages)
    .innerJoin(journeys, eq(journeys.id, messages.journeyId))
    .where(and(eq(messages.id, id), sql`${messages.approvalBy} is not null`));
  return row;
}
