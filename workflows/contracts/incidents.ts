import { z } from 'zod';
import { OpaqueId } from './commands.ts';

/** SEV-1 is the worst. */
export const Severity = z.enum(['SEV-1', 'SEV-2', 'SEV-3', 'SEV-4']);
export type Severity = z.infer<typeof Severity>;

/** Status words, in the only order in which they may follow each other without `reopen`. */
export const IncidentStatus = z.enum(['Investigating', 'Identified', 'Monitoring', 'Resolved']);
export type IncidentStatus = z.infer<typeof IncidentStatus>;

/** Classes of a business incident. */
export const BusinessClass = z.enum([
  'customer-escalation',
  'competitive-threat',
  'financial-issue',
  'legal-compliance',
]);
export type BusinessClass = z.infer<typeof BusinessClass>;

/** Whom an incident touches: everybody, or whoever is in one of the plans, named, or in the segment (CEL over account and plan). */
export const AffectedBody = z
  .strictObject({
    all: z.literal(true).optional(),
    plans: z.array(z.string().min(1).max(64)).min(1).max(50).optional(),
    accounts: z.array(OpaqueId).min(1).max(10_000).optional(),
    segment: z.string().min(1).max(2000).optional(),
  })
  .refine((a) => Object.values(a).some((part) => part !== undefined), 'says whom: all, plans, accounts or segment');
export type AffectedBody = z.infer<typeof AffectedBody>;

const Words = z.string().trim().min(1).max(5000);
const Title = z.string().trim().min(1).max(200);
const Key = z.string().trim().min(1).max(500);
const Minutes = z.number().int().min(1).max(1440);

/** Body of `POST /v1/incidents`. Title and message are public; `summary` is for staff. */
export const PlatformIncidentBody = z.strictObject({
  kind: z.literal('platform').optional(),
  title: Title,
  summary: Words.optional(),
  severity: Severity.optional(),
  key: Key.optional(),
  affected: AffectedBody.optional(),
  status: IncidentStatus.exclude(['Resolved']).optional(),
  message: Words.optional(),
  nextUpdateInMinutes: Minutes.optional(),
  options: z.record(z.string().max(64), z.union([z.string().max(200), z.number(), z.boolean()])).optional(),
});
export const BusinessIncidentBody = z.strictObject({
  kind: z.literal('business'),
  class: BusinessClass,
  title: Title,
  summary: Words.optional(),
  account: OpaqueId.optional(),
  key: Key.optional(),
});
export const IncidentBody = z.union([PlatformIncidentBody, BusinessIncidentBody]);
export type IncidentBody = z.infer<typeof IncidentBody>;

const Action = z.strictObject({ what: Words, owner: OpaqueId.optional(), due: z.iso.date().optional() });
/** What was learnt, and what will be done about it by whom. */
export const PostMortem = z.strictObject({
  rootCause: Words,
  actions: z.array(Action).min(1).max(50),
  owner: OpaqueId,
});
export type PostMortem = z.infer<typeof PostMortem>;

const note = { reason: z.string().trim().min(1).max(2000).optional() };
/** Body of `POST /v1/incidents/{id}/commands`. */
export const IncidentCommand = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('acknowledge'), ...note }),
  z.strictObject({ command: z.literal('classify'), severity: Severity, ...note }),
  z.strictObject({ command: z.literal('scope'), affected: AffectedBody, ...note }),
  z.strictObject({
    command: z.literal('update'),
    status: IncidentStatus.optional(),
    message: Words,
    nextUpdateInMinutes: Minutes.optional(),
    ...note,
  }),
  z.strictObject({ command: z.literal('resolve'), message: Words.optional(), verified: z.boolean(), ...note }),
  z.strictObject({ command: z.literal('post-mortem'), ...PostMortem.shape, ...note }),
  z.strictObject({ command: z.literal('close'), ...note }),
  z.strictObject({
    command: z.literal('reopen'),
    message: Words.optional(),
    nextUpdateInMinutes: Minutes.optional(),
    ...note,
  }),
]);
export type IncidentCommand = z.infer<typeof IncidentCommand>;

/** The account that incidents run for which concern no single customer. */
export const PLATFORM_ACCOUNT = '_platform';

/** The playbook of each kind of incident. */
export const INCIDENT_PLAYBOOKS = { platform: '000.platform-incident', business: '000.business-incident' } as const;

/** Template variables that every broadcast step has of itself: the update that it tells. */
export const BROADCAST_VARIABLES = [
  'incident_title',
  'incident_status',
  'incident_severity',
  'update_message',
  'next_update',
  'status_page',
] as const;

/** Input of the `broadcast` workflow. */
export type BroadcastInput = { version: 1; broadcastId: string; clockShift: number };
/** What one page of a broadcast leaves: more at once, more after a while, or nothing. */
export type BroadcastPage = { more: boolean; afterMs: number };

/** The workflow id of a broadcast. */
export const broadcastWorkflowId = (broadcastId: string): string => `broadcast:${broadcastId}`;
