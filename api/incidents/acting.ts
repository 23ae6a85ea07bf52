import { TenureError } from '../../workflows/contracts/errors.ts';
import type { IncidentCommand } from '../../workflows/contracts/incidents.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import type { IncidentRow } from '../../db/schema/incidents.ts';
import { PLATFORM_ACCOUNT } from '../../workflows/contracts/incidents.ts';
import type { IncidentPolicy } from './policy.ts';

/** Somebody does something about an incident that this transaction has locked. */
export type Acting = {
  incident: IncidentRow;
  playbook: Playbook;
  policy: IncidentPolicy;
  actor: string;
  now: number;
  /** How many journeys a second an ended hold wakes. */
  perSecond: number;
};

/** The account that the incident's journey runs for. */
export const journeyAccount = (incident: IncidentRow): string =>
  incident.kind === 'business' ? (incident.accountId ?? PLATFORM_ACCOUNT) : PLATFORM_ACCOUNT;

export type RefusalCode =
  | 'already-acknowledged'
  | 'incident-closed'
  | 'incident-ended'
  | 'not-for-this-kind'
  | 'not-needed'
  | 'not-resolved'
  | 'not-verified'
  | 'already-resolved'
  | 'other-incident-open'
  | 'post-mortem-missing'
  | 'promise-too-late'
  | 'same-severity'
  | 'status-backwards'
  | 'use-resolve';

type Nearest = { command: IncidentCommand['command']; [argument: string]: unknown } | null;

/** The incident cannot do that now: why, and the nearest command that it can. */
export const refused = (code: RefusalCode, reason: string, nearest: Nearest, more: Record<string, unknown> = {}) =>
  new TenureError('incident-refused', reason, { code, nearest, ...more });
