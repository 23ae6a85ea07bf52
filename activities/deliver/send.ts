import type { MessageRow } from '../../db/schema/index.ts';
import { createEmbeddedInApp } from '../in-app/embedded-in-app.ts';
import { PROVIDER_TIMEOUT_MS, ledgerKey } from '../ledger/ledger.ts';
import type { SendResult } from '../ports.ts';
import type { JourneyDeps } from './deps.ts';

const embeddedInApp = createEmbeddedInApp();

/** The name of the provider that carries a channel. */
export function providerOf(deps: JourneyDeps, channel: string): string {
  if (channel === 'email') return deps.mailer.provider;
  return channel === 'sms' ? deps.sms.provider : (deps.inApp ?? embeddedInApp).provider;
}

/** Hands a reserved message to its provider. No transaction is open meanwhile; silence for 12 s is an answer, too. */
export async function send(deps: JourneyDeps, row: MessageRow, signal: AbortSignal): Promise<SendResult> {
  const key = ledgerKey(row);
  const options = { signal, timeoutMs: PROVIDER_TIMEOUT_MS };
  const to = row.to ?? row.contactId;
  try {
    if (row.channel === 'email') {
      const { messageId, headers, text } = row;
      const mail = {
        key,
        from: deps.settings.mailFrom,
        to,
        subject: row.subject ?? '',
        html: row.html ?? undefined,
        text,
        messageId,
        headers,
      };
      return await deps.mailer.send(mail, options);
    }
    if (row.channel === 'sms') return await deps.sms.send({ key, to, text: row.text }, options);
    return await (deps.inApp ?? embeddedInApp).send({ key, to, title: row.subject ?? '', text: row.text }, options);
  } catch {
    // A port promises not to throw: one that does has proven nothing about the message.
    return { state: 'in-doubt', code: 'adapter-failed' };
  }
}
