import { createHmac } from 'node:crypto';

/** The capability in the mailbox's address: who knows it may read, and it tells nothing of the secret. */
export const mailboxToken = (secret: string): string =>
  createHmac('sha256', secret).update('tenure/mailbox/v1').digest('base64url').slice(0, 32);

/** Where the embedded mailbox is to be seen in a browser. */
export const mailboxUrl = (config: { publicUrl: string; secret: string }): string =>
  `${config.publicUrl}/mailbox/${mailboxToken(config.secret)}`;
