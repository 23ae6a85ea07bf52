import type { Tx } from '../../db/database.ts';
import { readAccount } from '../../db/queries/accounts/read-account.ts';
import { editedWords, rewordDraft } from '../../db/queries/approvals/drafts.ts';
import { pinnedTemplate } from '../../db/queries/touches/pinned-template.ts';
import type { MessageRow } from '../../db/schema/index.ts';
import { appUrlOf } from '../../playbooks/cel/context.ts';
import type { State } from '../../workflows/contracts/journey.ts';
import { render } from '../render/render.ts';
import type { CompiledTemplate } from '../render/template-schema.ts';

/** The template in which edited words leave: the shared look around them. */
const TEMPLATE = 'edited_words';
/** Clocks of two machines may differ by so much. */
const SKEW_MS = 60_000;

/** A draft as its newest edits word it; what they do not touch stays as it was made. */
export async function withEdits(
  tx: Tx,
  of: { journeyId: string; step: string; state: State; publishedAt: Date },
  row: MessageRow,
): Promise<MessageRow> {
  const edit = await editedWords(tx, {
    journeyId: of.journeyId,
    step: of.step,
    since: new Date(row.intendedAt.getTime() - SKEW_MS),
    answered: of.state.answered,
  });
  if (!edit || edit.id === row.editedBy) return row;
  const subject = edit.subject ?? row.subject;
  const unsubscribe = /<(.+)>/.exec(row.headers['List-Unsubscribe'] ?? '')?.[1];
  const words =
    edit.text === undefined ? {} : await reworded(tx, of.publishedAt, row, edit.text, { subject, unsubscribe });
  return (
    (await rewordDraft(tx, row.id, { ...words, ...(subject === null ? {} : { subject }), editedBy: edit.id })) ?? row
  );
}

async function reworded(
  tx: Tx,
  publishedAt: Date,
  row: MessageRow,
  given: string,
  { subject, unsubscribe }: { subject: string | null; unsubscribe: string | undefined },
): Promise<{ text: string; html?: string | null }> {
  // Nobody can be written to without a way to say no, whatever the edit says.
  const text = unsubscribe && !given.includes(unsubscribe) ? `${given}\n\nUnsubscribe: ${unsubscribe}` : given;
  if (row.html === null) return { text };
  const template = await pinnedTemplate(tx, TEMPLATE, publishedAt);
  // Without a look of its own the mail is plain text: better than words that nobody approved.
  if (!template) return { text, html: null };
  const account = await readAccount(tx, row.accountId);
  const paragraphs = given
    .split(/\n\s*\n/)
    .map((one) => one.trim())
    .filter((one) => one !== '' && !(unsubscribe && one.includes(unsubscribe)));
  const variables = {
    heading: subject ?? '',
    paragraphs,
    company: account?.name,
    app_link: appUrlOf(account?.facts ?? {}),
    ...(unsubscribe ? { unsubscribe_link: unsubscribe } : {}),
  };
  const compiled = template.compiled as unknown as CompiledTemplate;
  return { text, html: render(compiled, variables, { zone: 'UTC', locale: 'en-US' }).html ?? null };
}
