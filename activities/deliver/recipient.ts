import type { ContactRow } from '../../db/queries/touches/load-touch.ts';
import type { Channel } from '../../workflows/contracts/playbook.ts';

/** The address of a contact on a channel; in-app a contact is reached by its id. */
export function addressOf(contact: ContactRow, channel: Channel): string | null {
  return channel === 'email' ? contact.email : channel === 'sms' ? contact.phone : contact.id;
}

/** Whom a step tells: the first contact of the role that has the channel, else the first that has it. */
export function chooseRecipient(contacts: ContactRow[], role: string, channel: Channel): ContactRow | undefined {
  const reachable = contacts.filter((c) => c.removedAt === null && addressOf(c, channel));
  return reachable.find((c) => c.role === role) ?? reachable[0];
}
