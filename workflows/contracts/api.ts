import { z } from 'zod';
import { OpaqueId } from './commands.ts';
import { When } from './time-schema.ts';

/** Checked against the zones of this machine at the edge. */
export const TimeZone = z.string().min(1).max(64);
const Consent = z.union([
  z.boolean(),
  z.strictObject({
    given: z.boolean(),
    source: z.string().max(200).optional(),
    at: When.optional(),
  }),
]);
const Scalar = z.union([z.string().max(2000), z.number(), z.boolean(), z.null(), z.array(z.string().max(200)).max(50)]);

export const ContactBody = z.strictObject({
  role: z.string().min(1).max(40),
  email: z.email().max(254).optional(),
  phone: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'a phone number as +4915112345678 (E.164)')
    .optional(),
  name: z.string().max(200).optional(),
  timeZone: TimeZone.optional(),
  consent: z.strictObject({ email: Consent.optional(), sms: Consent.optional() }),
});

/** Body of `PUT /v1/accounts/{id}`: the account whole; a contact is known by its role. */
export const AccountBody = z.strictObject({
  name: z.string().min(1).max(200),
  plan: z.string().min(1).max(64),
  timeZone: TimeZone,
  industry: z.string().max(100).optional(),
  facts: z.record(z.string().max(64), Scalar).optional(),
  contacts: z.array(ContactBody).min(1).max(50),
});
export type AccountBody = z.infer<typeof AccountBody>;

export const EventBody = z.strictObject({
  id: z.string().min(1).max(128),
  type: z.string().min(1).max(100),
  account: OpaqueId,
  at: When.optional(),
  data: z.record(z.string().max(64), Scalar).optional(),
});
export type EventBody = z.infer<typeof EventBody>;

export const StartJourneyBody = z.strictObject({
  playbook: z.string().max(100),
  version: z.number().int().positive().optional(),
  account: OpaqueId,
  key: OpaqueId.optional(),
  anchor: When.optional(),
  options: z.record(z.string().max(64), z.union([z.string().max(200), z.number(), z.boolean()])).optional(),
});
export type StartJourneyBody = z.infer<typeof StartJourneyBody>;
