import { createHash } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { intendMessage } from '../../db/queries/ledger/intend-message.ts';
import { settleMessage } from '../../db/queries/ledger/settle-message.ts';
import { journeys, messages } from '../../db/schema/index.ts';
import { domainOf, messageIdFor } from '../email/message-id.ts';
import { PROVIDER_TIMEOUT_MS, ledgerKey } from '../ledger/ledger.ts';
import type { Mailer } from '../ports.ts';
import type { PageNews, Pager, PagerAnswer } from './pager.ts';

export type EmbeddedPagerOptions = { database: Pick<Database, 'db'>; mailer: Mailer; from: string; to: string };

/** Pages by mail to the one address of those on call, once a key; the task beside it is what is acknowledged. */
export function createEmbeddedPager({ database: { db }, mailer, from, to }: EmbeddedPagerOptions): Pager {
  const page = async (news: PageNews): Promise<PagerAnswer> => {
    if (news.journeyId === null) return { is: 'refused', code: 'no-journey' };
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
        subject: `[${news.severity}] ${news.title}`,
        html: null,
        text: `${news.title}\n\nFor: ${news.role}\nSince: ${news.at.toISOString()}\n${news.link}\n`,
        template: 'page',
        templateMajor: 1,
        templateMinor: 0,
        variant: null,
        offer: null,
        provider: mailer.provider,
        messageId: messageIdFor(ledgerKey(key), domainOf(from)),
        headers: { 'Auto-Submitted': 'auto-generated' },
        countsForCap: false,
        intendedAt: news.at,
      });
    });
    if (row.state === 'sent') return { is: 'taken' };
    const { messageId, headers, text } = row;
    const mail = { key: ledgerKey(key), from, to, subject: row.subject ?? '', text, messageId, headers };
    const sent = await mailer.send(mail, {
      signal: AbortSignal.timeout(PROVIDER_TIMEOUT_MS),
      timeoutMs: PROVIDER_TIMEOUT_MS,
    });
    // A page that may have left twice harms nobody; one that never left does.
    if (sent.state !== 'sent') return { is: 'later', code: sent.code };
    const { providerId, receipt } = sent;
    await db.transaction((tx) => settleMessage(tx, row.id, { state: 'sent', providerId, receipt, at: news.at }));
    return { is: 'taken' };
  };
  const nothing = (): Promise<PagerAnswer> => Promise.resolve({ is: 'taken' });
  return { provider: 'embedded-pager', page, acknowledge: nothing, resolve: nothing };
}

/** The same id for the same text, for ever. */
function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
const mailboxId = (address: string) => idOf(`on-call ${address}`);
