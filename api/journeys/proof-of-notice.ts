import { z } from 'zod';
import type { Db } from '../../db/database.ts';
import { decisionsOf } from '../../db/queries/decisions/decisions-of.ts';
import { listMessages } from '../../db/queries/messages/list-messages.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { MessageRow } from '../../db/schema/messages.ts';
import { DecisionView, toDecision } from './explain.ts';

/** More messages than any journey has. */
const ALL = 1_000;

const Notice = z.object({
  id: z.string(),
  step: z.string(),
  n: z.number().int(),
  class: z.string(),
  channel: z.string(),
  what: z.object({
    subject: z.string().nullable(),
    text: z.string(),
    html: z.string().nullable(),
    template: z.string(),
    /** `major.minor`: its meaning, and the copy that was sent. */
    version: z.string(),
    variant: z.string().nullable(),
  }),
  when: z.object({
    due: z.string().nullable(),
    intended: z.string(),
    sent: z.string().nullable(),
    acknowledged: z.string().nullable(),
  }),
  to: z.object({ contact: z.string(), address: z.string().nullable() }),
  headers: z.record(z.string(), z.string()),
  receipt: z.object({
    state: z.string(),
    provider: z.string(),
    providerId: z.string().nullable(),
    answer: z.string().nullable(),
    messageId: z.string(),
    error: z.string().nullable(),
    resolvedBy: z.string().nullable(),
  }),
  /** The span in which the law wants it, and whether it left within; null where the law wants none. */
  window: z.object({ opens: z.string(), closes: z.string(), inside: z.boolean() }).nullable(),
});

export const ProofOfNotice = z
  .object({
    journey: z.string(),
    account: z.string(),
    playbook: z.string(),
    version: z.number().int(),
    outcome: z.string().nullable(),
    at: z.string(),
    notices: z.array(Notice),
    /** Why each step of that kind did or did not happen, alarms included. */
    decisions: z.array(DecisionView),
  })
  .meta({ id: 'ProofOfNotice' });
export type ProofOfNotice = z.infer<typeof ProofOfNotice>;

/** What was sent for the law's sake, when, to whom and with what answer: of legal notices, or of every message. */
export async function proofOfNotice(
  db: Db,
  row: JourneyRow,
  { all, now }: { all: boolean; now: Date },
): Promise<ProofOfNotice> {
  const [messages, decisions] = await Promise.all([
    listMessages(db, { journeyId: row.id }, { limit: ALL }),
    decisionsOf(db, row.id),
  ]);
  const legal = new Set(row.timetable.steps.filter((step) => step.class === 'legal').map((step) => step.id));
  for (const message of messages) if (message.class === 'legal') legal.add(message.step);
  return {
    journey: row.id,
    account: row.accountId,
    playbook: row.playbook,
    version: row.version,
    outcome: row.outcome,
    at: now.toISOString(),
    notices: messages
      .filter((message) => all || message.class === 'legal')
      .map(toNotice)
      .reverse(),
    decisions: decisions.filter(({ step }) => all || legal.has(step)).map(toDecision),
  };
}

const iso = (at: Date | null) => at?.toISOString() ?? null;

function toNotice(row: MessageRow): z.infer<typeof Notice> {
  const { id, step, n, channel, notice } = row;
  const sent = row.state === 'sent' ? (row.sentAt ?? row.acknowledgedAt) : null;
  return {
    ...{ id, step, n, channel, class: row.class },
    what: {
      ...{ subject: row.subject, text: row.text, html: row.html, template: row.template, variant: row.variant },
      version: `${row.templateMajor}.${row.templateMinor}`,
    },
    when: {
      due: notice?.due ?? null,
      intended: row.intendedAt.toISOString(),
      sent: iso(sent),
      acknowledged: iso(row.acknowledgedAt),
    },
    to: { contact: row.contactId, address: row.to },
    headers: row.headers,
    receipt: {
      ...{ state: row.state, provider: row.provider, providerId: row.providerId, answer: row.receipt },
      ...{ messageId: row.messageId, error: row.error, resolvedBy: row.resolvedBy },
    },
    window: notice && {
      opens: notice.opens,
      closes: notice.closes,
      inside: sent !== null && sent >= new Date(notice.opens) && sent <= new Date(notice.closes),
    },
  };
}
