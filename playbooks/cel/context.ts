import type { Playbook } from '../../workflows/contracts/playbook.ts';
import type { CompiledCel } from './compile-cel.ts';
import { CelError } from './cel-error.ts';
import { planRecord } from './environment.ts';
import { snake } from './field-types.ts';
import type { Scope } from './scope.ts';

/** Where links of the product point when the account has no `app_url` of its own. */
export const DEFAULT_APP_URL = 'https://app.example.com';

/** A scope as the records that an expression reads; absent facts take their default or the empty value of their type. */
export function contextOf(playbook: Playbook, compiled: CompiledCel, scope: Scope): Record<string, unknown> {
  const records: Record<string, () => Record<string, unknown>> = {
    account: () => ({
      id: scope.account.id,
      name: scope.account.name,
      plan: scope.account.plan,
      time_zone: scope.account.timeZone,
      industry: scope.account.industry ?? '',
    }),
    contact: () => ({ first_name: scope.contact?.firstName ?? '', role: scope.contact?.role ?? '' }),
    plan: () => planRecord(scope.account.plan),
    health: () => healthOf(scope),
    facts: () => factsOf(playbook, compiled, scope.facts),
    metrics: () => mapNames(playbook.reads.metrics, (name) => scope.metrics[name] ?? 0),
    flags: () => mapNames(playbook.flags, (name) => Object.hasOwn(scope.flags, name)),
    times: () => dates(scope.flags),
    config: () => scope.config,
    journey: () => ({
      id: scope.journey.id,
      started_at: new Date(scope.journey.startedAt),
      ...Object.fromEntries(Object.entries(scope.journey.anchors).map(([name, at]) => [snake(name), new Date(at)])),
      appUrl: appUrlOf(scope.facts),
      step: scope.step ?? null,
    }),
    offer: () => offerOf(scope),
  };
  const context: Record<string, unknown> = {
    now: new Date(scope.now),
    sent: dates(scope.sent ?? {}),
    offered: scope.offered ?? {},
  };
  const names = new Set(compiled.records);
  for (const [name, fields] of Object.entries(records))
    if (names.has(name)) context[name] = new compiled.classes[name]!(fields());
  return context;
}

/** The product's address for this account; anything but http(s) is ignored. */
export function appUrlOf(facts: Record<string, unknown>): string {
  const given = facts.app_url;
  return typeof given === 'string' && /^https?:\/\//.test(given) && URL.canParse(given) ? given : DEFAULT_APP_URL;
}

/** A score that is not known is no number: every comparison with it is false. */
const healthOf = ({ health }: Scope) => ({
  ...{ score: health?.score ?? NaN, band: health?.band ?? '', model: health?.model ?? '' },
  ...{ drivers: health?.drivers ?? [], trend: health?.trend ?? NaN, improving_weeks: health?.improvingWeeks ?? 0 },
});

function offerOf(scope: Scope): Record<string, unknown> {
  if (!scope.offer) return {};
  const { id, title, terms, expiresAt } = scope.offer;
  return { ...terms, id, title, ...(expiresAt === null ? {} : { expires_at: new Date(expiresAt) }) };
}

function factsOf(playbook: Playbook, compiled: CompiledCel, given: Record<string, unknown>): Record<string, unknown> {
  const facts: Record<string, unknown> = {};
  for (const { record, field: name } of compiled.reads) {
    const field = playbook.reads.facts[name];
    if (record !== 'facts' || !field) continue;
    const value = given[name] ?? field.default ?? EMPTY[field.type];
    if (value === undefined) continue;
    const read = READ[field.type](value);
    if (read === undefined) throw new CelError('data-missing', compiled.expression, `fact ${name} is no ${field.type}`);
    facts[name] = read;
  }
  return facts;
}

type FieldType = Playbook['reads']['facts'][string]['type'];
const EMPTY: Record<FieldType, unknown> = {
  string: '',
  enum: '',
  number: 0,
  boolean: false,
  date: undefined,
  list: [],
};
const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
const READ: Record<FieldType, (value: unknown) => unknown> = {
  string: text,
  enum: text,
  number: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  date: (value) => (typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? new Date(value) : undefined),
  list: (value) => (Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined),
};

const mapNames = <T>(names: Record<string, unknown>, of: (name: string) => T) =>
  Object.fromEntries(Object.keys(names).map((name) => [name, of(name)]));
const dates = (instants: Record<string, number>) =>
  Object.fromEntries(Object.entries(instants).map(([name, at]) => [name, new Date(at)]));
