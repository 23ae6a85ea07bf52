import { providerKeyFor } from '../email/message-id.ts';
import type { InAppSender } from '../ports.ts';

/** In-app messages wait in the messages table until the product fetches and acknowledges them over the API. */
export function createEmbeddedInApp(): InAppSender {
  return {
    provider: 'embedded-in-app',
    send: async (message) => ({
      state: 'sent',
      providerId: `embedded-${providerKeyFor(message.key)}`,
      receipt: 'waits to be fetched over the API',
    }),
  };
}
