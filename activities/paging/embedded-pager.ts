import { createHash } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { intendMessage } from '../../db/queries/ledger/intend-message.ts';
import { settleMessage } from '../../db/queries/ledger/settle-message.ts';
import { journeys, messages } from '../../db/schema/index.ts';
import { domainOf, messageIdFor } from '../email/message-id.ts';
import { PROVIDER_TIMEOUT_MS, ledgerKey } from '../ledger/ledger.ts';
import type { Mailer, OutgoingMail } from '../ports.ts';
import type { PageNews, Pager, PagerAnswer } from './pager.ts';

export type EmbeddedPagerOptions = { database: Pick<Database, 'db'>; mailer: Mailer; from: string; to: string };

/** Pages by mail to the one address of those on call, once a key; the task beside it is what is acknowledged. Only what a journey asks for is in its ledger. */
export function createEmbeddedPager({ database: { db }, mailer, from, to }: EmbeddedPagerOptions): Pager {
  const send = (mail: Pick<OutgoingMail, 'key' | 'subject' | 'text' | 'messageId' | 'headers'>) =>
    mailer.send(
      { ...mail, from, to },
      { signal: AbortSignal.timeout(PROVIDER_TIMEOUT_MS), timeoutMs: PROVIDER_TIMEOUT_MS },
    );
  const page = async (news: PageNews): Promise<PagerAnswer> => {
    if (news.journeyId === null) {
      const messageId = messageIdFor(news.key, domainOf(from));
      const sent = await send({
        key: news.key,
        subject: subjectOf(news),
        text: textOf(news),
        messageId,
        headers: AUTO,
      });
      return sent.state === 'sent' ? { is: 'taken' } : { is: 'later', code: sent.code };
    }
    const key = {
      journeyId: news.journeyId,
      step: news.key.replace(`${news.journeyId}/`, ''),
      n: 1,
      contactId: mailboxId(to),
      channel: 'email',
    };
    const row = await db.transaction(async (tx) => {
      const [known] = await tx
        .select()
        .from(messages)
        .where(and(eq(messages.journeyId, key.journeyId), eq(messages.step, key.step)));
      if (known) return known;
      const [journey] = await tx
        .select({ accountId: journeys.accountId })
        .from(journeys)
        .where(eq(journeys.id, key.journeyId));
      return intendMessage(tx, {
        ...key,
        id: idOf(`page ${news.key}`),
        accountId: journey!.accountId,
        class: 'service',
        state: 'intended',
        attempt: 1,
        leaseUntil: null,
        to,
        subject: subjectOf(news),
        html: null,
        text: textOf(news),
        template: 'page',
        templateMajor: 1,
        templateMinor: 0,
        variant: null,
        offer: null,
        provider: mailer.provider,
        messageId: messageIdFor(ledgerKey(key), domainOf(from)),
        headers: AUTO,
        countsForCap: false,
        intendedAt: news.at,
      });
    });
    if (row.state === 'sent') return { is: 'taken' };
    const { messageId, headers, text } = row;
    const sent = await send({ key: ledgerKey(key), subject: row.subject ?? '', text, messageId, headers });
    // A page that may have left twice harms nobody; one that never left does.
    if (sent.state !== 'sent') return { is: 'later', code: sent.code };
    const { providerId, receipt } = sent;
    await db.transaction((tx) => settleMessage(tx, row.id, { state: 'sent', providerId, receipt, at: news.at }));
    return { is: 'taken' };
  };
  const nothing = (): Promise<PagerAnswer> => Promise.resolve({ is: 'taken' });
  return { provider: 'embedded-pager', page, acknowledge: nothing, resolve: nothing };
}

const AUTO = { 'Auto-Submitted': 'auto-generated' };
const subjectOf = ({ severity, title }: PageNews) => `[${severity}] ${title}`;
const textOf = ({ title, role, at, link }: PageNews) =>
  `${title}\n\nFor: ${role}\nSince: ${at.toISOString()}\n${link}\n`;

/** The same id for the same text, for ever. */
function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
const mailboxId = (address: string) => idOf(`on-call ${address}`);
