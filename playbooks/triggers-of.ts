import type { Playbook, Trigger } from '../workflows/contracts/playbook.ts';

/** What starts a playbook by itself, or has it take a journey over; none: only the API starts it. */
export const triggersOf = ({ trigger }: Playbook): Trigger[] =>
  trigger === undefined ? [] : Array.isArray(trigger) ? trigger : [trigger];
