import { z } from 'zod';
import { ContactBody, TimeZone } from '../../workflows/contracts/api.ts';
import { CommandBody } from '../../workflows/contracts/commands.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { IsoDuration } from '../../workflows/contracts/time-schema.ts';
import { incidentFields, isIncidentCommand, withDefaults } from './incident-persona.ts';

const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]);
const after = IsoDuration.refine((value) => !/^-?P[^T]*[MY]/.test(value), 'days, hours and minutes only');

/** Who is rehearsed: an account, and all that happens to it, each at its distance from the start. */
export const Persona = z.strictObject({
  start: z.iso.datetime({ offset: true }),
  account: z
    .object({
      name: z.string().optional(),
      plan: z.string(),
      timeZone: TimeZone,
      industry: z.string().optional(),
      facts: z.record(z.string(), Scalar).optional(),
      /** The fact renewal_date. */
      renewalDate: z.union([z.iso.date(), z.iso.datetime({ offset: true })]).optional(),
      /** The fact auto_renew. */
      autoRenew: z.boolean().optional(),
    })
    .catchall(z.unknown()),
  contacts: z.array(ContactBody.partial({ consent: true })).min(1),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  metrics: z.array(z.strictObject({ after, name: z.string(), value: z.number() })).default([]),
  events: z
    .array(z.strictObject({ after, type: z.string(), data: z.record(z.string(), Scalar).optional() }))
    .default([]),
  facts: z
    .array(
      z.strictObject({
        after,
        step: z.string(),
        what: z.string(),
        item: z.string().optional(),
        value: z.union([z.string(), z.number()]).optional(),
      }),
    )
    .default([]),
  /** Scores that somebody else works out: a number, or the band of a model that gives no number. */
  scores: z.array(z.strictObject({ after, model: z.string(), value: z.union([z.number(), z.string()]) })).default([]),
  commands: z.array(z.looseObject({ after, command: z.string() })).default([]),
  ...incidentFields,
});
export type Persona = z.infer<typeof Persona>;

const BUILT_IN = new Set(['name', 'plan', 'timeZone', 'industry', 'facts', 'renewalDate', 'autoRenew']);

/** Facts of the persona's account, given in `facts` or beside the account's own fields. */
export const personaFacts = ({ account }: Persona): Record<string, unknown> => ({
  ...(account.renewalDate === undefined ? {} : { renewal_date: account.renewalDate }),
  ...(account.autoRenew === undefined ? {} : { auto_renew: account.autoRenew }),
  ...givenFacts(account),
});

const givenFacts = (account: Persona['account']): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(account).filter(([name]) => !BUILT_IN.has(name))),
  ...account.facts,
});

/** Parses a persona and refuses every fact, metric, event and step that the playbook does not read, each by its name. */
export function readPersona(json: unknown, playbook: Playbook): Persona {
  const parsed = Persona.safeParse(withDefaults(json, playbook));
  if (!parsed.success)
    throw new TenureError(
      'invalid-request',
      `the persona does not have the form asked for:\n${z.prettifyError(parsed.error)}`,
    );
  const persona = parsed.data;
  const odd = Object.entries(givenFacts(persona.account)).filter(([, value]) => !Scalar.safeParse(value).success);
  if (odd.length > 0)
    throw new TenureError(
      'invalid-request',
      `account.${odd[0]![0]} must be a string, a number, true or false, or a list.`,
    );
  const steps = new Set(playbook.stages.flatMap((stage) => stage.steps.map((step) => step.id)));
  const unknown = [
    ...notIn('fact', Object.keys(givenFacts(persona.account)), Object.keys(playbook.reads.facts)),
    ...notIn(
      'metric',
      persona.metrics.map((m) => m.name),
      Object.keys(playbook.reads.metrics),
    ),
    ...notIn(
      'event',
      persona.events.map((e) => e.type),
      Object.keys(playbook.reads.events),
    ),
    ...notIn(
      'step',
      [...persona.facts, ...persona.commands].flatMap((item) => (typeof item.step === 'string' ? [item.step] : [])),
      [...steps],
    ),
    ...persona.events.flatMap((e) =>
      notIn(
        `field of event ${e.type}`,
        Object.keys(e.data ?? {}),
        Object.keys(playbook.reads.events[e.type]?.fields ?? {}),
      ),
    ),
  ];
  const malformed = persona.commands
    .filter(({ after: _after, ...command }) => !isIncidentCommand(playbook, command))
    .flatMap(commandProblems);
  if (malformed.length > 0) throw new TenureError('invalid-request', malformed.join('\n'));
  if (unknown.length > 0)
    throw new TenureError(
      'unknown-name',
      `${playbook.id} does not read ${unknown.join('; ')}. \`--describe\` lists what it reads.`,
    );
  return persona;
}

function commandProblems({ after, ...command }: Persona['commands'][number]): string[] {
  const parsed = CommandBody.safeParse({ reason: 'rehearsal', ...command });
  return parsed.success ? [] : [`the command "${command.command}" after ${after}: ${z.prettifyError(parsed.error)}`];
}

const notIn = (kind: string, names: string[], known: string[]) =>
  names
    .filter((name) => !known.includes(name))
    .map((name) => `${kind} "${name}" (known: ${known.join(', ') || 'none'})`);
