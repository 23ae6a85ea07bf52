import { providerKeyFor } from '../email/message-id.ts';
import type { SmsSender } from '../ports.ts';

/** The SMS sender without a provider: the messages table itself shows what would have been sent. */
export function createEmbeddedSms(): SmsSender {
  return {
    provider: 'embedded-sms',
    send: async (sms) => ({
      state: 'sent',
      providerId: `embedded-${providerKeyFor(sms.key)}`,
      receipt: 'kept in the embedded mailbox',
    }),
  };
}
