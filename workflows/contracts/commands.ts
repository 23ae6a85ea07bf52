import { z } from 'zod';
import { ClockRule, IsoDuration, When } from './time-schema.ts';
import type { ClockRule as Clock, Instant } from './time.ts';
import type { Program } from './journey.ts';

/** An opaque id of an account, owner, key or command. Never an e-mail address. */
export const OpaqueId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 of A–Z a–z 0–9 _ - (an opaque id, never an e-mail address)');
const StepId = z.string().min(1).max(80);

const base = {
  /** Why; kept in Postgres, never in history. */
  reason: z.string().trim().min(1).max(2000),
  /** Command id; the same id again is answered, not applied twice. */
  id: OpaqueId.optional(),
  /** Refuse when the journey has changed since this revision was shown. */
  ifRev: z.number().int().nonnegative().optional(),
  dryRun: z.boolean().optional(),
};

/** Body of `POST /v1/journeys/{id}/commands`. */
export const CommandBody = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('pause'), until: When.optional(), clock: ClockRule.optional(), ...base }),
  z.strictObject({ command: z.literal('resume'), ...base }),
  z.strictObject({ command: z.literal('skip'), step: StepId, ...base }),
  z.strictObject({ command: z.literal('run-now'), step: StepId, ...base }),
  z.strictObject({ command: z.literal('postpone'), step: StepId, to: When, ...base }),
  z.strictObject({ command: z.literal('extend'), duration: IsoDuration, stage: StepId.optional(), ...base }),
  z.strictObject({
    command: z.literal('move-date'),
    date: z.union([When, z.iso.date()]),
    anchor: StepId.optional(),
    ...base,
  }),
  z.strictObject({ command: z.literal('change-plan'), plan: z.string().min(1).max(64), ...base }),
  z.strictObject({ command: z.literal('set-owner'), owner: OpaqueId, ...base }),
  z.strictObject({ command: z.literal('note'), ...base }),
  z.strictObject({ command: z.literal('exit'), ...base }),
  z.strictObject({ command: z.literal('approve'), step: StepId, ...base }),
  /** Other words for a message that is held for approval; it stays held. */
  z.strictObject({
    command: z.literal('edit'),
    step: StepId,
    subject: z.string().trim().min(1).max(200).optional(),
    text: z.string().trim().min(1).max(20_000).optional(),
    ...base,
  }),
  z.strictObject({ command: z.literal('reject'), step: StepId, ...base }),
  /** To another version of its playbook (default: the newest), or to another playbook of its kind. */
  z.strictObject({
    command: z.literal('migrate'),
    playbook: z.string().max(100).optional(),
    version: z.number().int().positive().optional(),
    ...base,
  }),
]);
export type CommandBody = z.infer<typeof CommandBody>;
export type CommandName = CommandBody['command'];

/**
 * What a state has been told last: ids of its newest command and happening. Two states alike in it differ by time and by what
 * became of touches only; revisions cannot say so, since a run that wakes late counts fewer of them than a fold of its snapshot.
 */
export type Heard = { command: string | null; happening: string | null };

/** A command as a run sees it: parsed, dates as instants, no free text. `ifHeard` makes up for an `ifRev` that was counted outside the run. */
export type Command = { id: string; ifRev?: number; ifHeard?: Heard } & (
  | { name: 'pause'; until: Instant | null; clock: Clock | null }
  | { name: 'resume' | 'note' | 'exit' }
  | { name: 'skip' | 'run-now'; step: string }
  | { name: 'postpone'; step: string; to: Instant }
  | { name: 'extend'; by: number; stage?: string }
  | { name: 'move-date'; date: Instant; anchor?: string }
  | { name: 'change-plan'; plan: string }
  | { name: 'set-owner'; owner: string }
  | { name: 'approve' | 'edit' | 'reject'; step: string }
  | ({ name: 'migrate' } & Program)
);

export type RefusalCode =
  | 'journey-ended'
  | 'already-paused'
  | 'not-paused'
  | 'unknown-step'
  | 'step-done'
  | 'step-sending'
  | 'step-open'
  | 'step-not-waiting'
  | 'journey-paused'
  | 'not-extendable'
  | 'extension-too-long'
  | 'not-movable'
  | 'unknown-anchor'
  | 'date-in-past'
  | 'date-too-far'
  | 'past-stage-end'
  | 'same-value'
  | 'changed-since-preview'
  | 'unknown-stage'
  | 'duration-not-positive'
  | 'not-awaiting-approval'
  | 'same-version';

/** Why a command was not applied, and the nearest command that would be (as a body without id and reason). */
export type Refusal = {
  code: RefusalCode;
  reason: string;
  nearest: { command: CommandName; [argument: string]: unknown } | null;
};
