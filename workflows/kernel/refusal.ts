import type { Command, Refusal, RefusalCode } from '../contracts/commands.ts';
import { formatDuration } from '../contracts/time.ts';
import type { Instant } from '../contracts/time.ts';

/** The nearest command that would be accepted, as the body that would ask for it. */
export type Nearest = Refusal['nearest'];

/** ISO-8601 text of an instant; one beyond JavaScript's range as its bare number. */
export const iso = (t: Instant): string => (Math.abs(t) <= 8.64e15 ? new Date(t).toISOString() : String(t));

/** A refusal. */
export const no = (code: RefusalCode, reason: string, nearest: Nearest = null): Refusal => ({ code, reason, nearest });

/** A command as the body that would ask for it, without id, reason and revision. */
export function asBody(c: Command): NonNullable<Nearest> {
  switch (c.name) {
    case 'pause':
      return {
        command: 'pause',
        ...(c.until === null ? {} : { until: iso(c.until) }),
        ...(c.clock === null ? {} : { clock: c.clock }),
      };
    case 'skip':
    case 'run-now':
    case 'approve':
    case 'edit':
    case 'reject':
      return { command: c.name, step: c.step };
    case 'postpone':
      return { command: 'postpone', step: c.step, to: iso(c.to) };
    case 'extend':
      return {
        command: 'extend',
        duration: formatDuration(c.by),
        ...(c.stage === undefined ? {} : { stage: c.stage }),
      };
    case 'move-date':
      return { command: 'move-date', date: iso(c.date), ...(c.anchor === undefined ? {} : { anchor: c.anchor }) };
    case 'change-plan':
      return { command: 'change-plan', plan: c.plan };
    case 'set-owner':
      return { command: 'set-owner', owner: c.owner };
    case 'migrate':
      return { command: 'migrate', playbook: c.timetable.playbook, version: c.timetable.version };
    default:
      return { command: c.name };
  }
}
