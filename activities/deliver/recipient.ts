import type { ContactRow } from '../../db/queries/touches/load-touch.ts';
import type { Channel, StepSpec } from '../../workflows/contracts/playbook.ts';

/** The address of a contact on a channel; in-app a contact is reached by its id. */
export function addressOf(contact: ContactRow, channel: Channel): string | null {
  return channel === 'email' ? contact.email : channel === 'sms' ? contact.phone : contact.id;
}

const reachable = (contacts: ContactRow[], channel: Channel) =>
  contacts.filter((c) => c.removedAt === null && addressOf(c, channel));

/** Whom a step tells: the first contact of the role that has the channel, else the first that has it. */
export function chooseRecipient(contacts: ContactRow[], role: string, channel: Channel): ContactRow | undefined {
  const able = reachable(contacts, channel);
  return able.find((c) => c.role === role) ?? able[0];
}

const MOST = 20;

/** Whether a step is told to several people, each with a fate of its own. */
export const tellsSeveral = ({ to, kind }: Pick<StepSpec, 'to' | 'kind'>): boolean =>
  (kind === 'message' || kind === 'offer') && (Array.isArray(to) || to === '*');

/** The one role that a step names; of several the first. */
export const roleOf = ({ to }: Pick<StepSpec, 'to'>): string => (Array.isArray(to) ? to[0]! : to);

/** Whom a step tells that names several roles (the first contact of each that has the channel) or `*` (all who have it, in order). */
export function chooseRecipients(contacts: ContactRow[], to: string | string[], channel: Channel): ContactRow[] {
  const able = reachable(contacts, channel);
  const found = to === '*' ? able : [to].flat().flatMap((role) => able.find((c) => c.role === role) ?? []);
  return [...new Set(found)].slice(0, MOST);
}
