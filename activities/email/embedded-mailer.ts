import type { Mailer } from '../ports.ts';
import { providerKeyFor } from './message-id.ts';

/** The mailer without `SMTP_URL`: the messages table itself is the mailbox, so there is nothing to hand over. */
export function createEmbeddedMailer(): Mailer {
  return {
    provider: 'embedded-email',
    send: async (mail) => ({
      state: 'sent',
      providerId: `embedded-${providerKeyFor(mail.key)}`,
      receipt: 'kept in the embedded mailbox',
    }),
    close: async () => {},
  };
}
