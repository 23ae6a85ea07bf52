import { Environment } from '@marcbachmann/cel-js';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { durationMs } from '../../workflows/contracts/time.ts';
import { laterBy, localDate, nextTerm, termDay } from './dates.ts';
import { industryPack } from '../industries.ts';
import { plans } from '../plans.ts';
import { TIMESTAMP, fieldTypes } from './field-types.ts';

/** Money in minor units, as templates take it. */
export class Money {
  readonly amount: number;
  readonly currency: string;
  constructor(amount: number, currency: string) {
    this.amount = amount;
    this.currency = currency;
  }
}

/** What `industry_pack` gives. */
const packFields = { assistant_template: 'string', sample_question: 'string', peer_story: 'string' };

type RecordClass = new (fields: Record<string, unknown>) => object;
export type CelEnvironment = { environment: Environment; classes: Record<string, RecordClass> };

const cache = new WeakMap<Playbook, CelEnvironment>();

/** The names, types and functions that this playbook's expressions may use; all others are refused when they are checked. */
export function environmentOf(playbook: Playbook): CelEnvironment {
  const known = cache.get(playbook);
  if (known) return known;
  const environment = new Environment({
    limits: { maxAstNodes: 500, maxDepth: 40, maxListElements: 50, maxMapEntries: 50, maxCallArguments: 8 },
  });
  environment.registerType('Money', { ctor: Money, fields: { amount: 'double', currency: 'string' } });
  const Pack = recordClass();
  environment.registerType('IndustryPack', { ctor: Pack, fields: packFields });
  const classes: Record<string, RecordClass> = {};
  for (const [name, fields] of Object.entries(fieldTypes(playbook))) {
    const typeName = name[0]!.toUpperCase() + name.slice(1);
    classes[name] = recordClass();
    environment.registerType(typeName, { ctor: classes[name], fields }).registerVariable(name, typeName);
  }
  environment
    .registerVariable('now', TIMESTAMP)
    .registerVariable('sent', `map<string, ${TIMESTAMP}>`)
    .registerVariable('offered', 'map<string, string>');
  registerNumbers(environment);
  registerFunctions(environment, classes);
  environment.registerFunction(
    'industry_pack(string): IndustryPack',
    (id: string) => new Pack({ ...industryPack(id) }),
  );
  const built = { environment, classes };
  cache.set(playbook, built);
  return built;
}

function recordClass(): RecordClass {
  return class {
    constructor(fields: Record<string, unknown>) {
      Object.assign(this, fields);
    }
  };
}

/** Every number that is read is a double: without these, `metrics.conversations == 3` would be refused for its `3`. */
function registerNumbers(environment: Environment): void {
  const arithmetic: Record<string, (a: number, b: number) => number> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  };
  for (const [sign, of] of Object.entries(arithmetic))
    environment.registerOperator(`double ${sign} int`, (a: number, b: bigint) => of(a, Number(b)));
  environment.registerOperator('double == int', (a: number, b: bigint) => a === Number(b));
}

function registerFunctions(environment: Environment, classes: Record<string, RecordClass>): void {
  environment
    .registerFunction(`after(${TIMESTAMP}, string): ${TIMESTAMP}`, (from: Date, iso: string) => laterBy(from, iso))
    .registerFunction(`local_date(${TIMESTAMP}, string): ${TIMESTAMP}`, (at: Date, zone: string) => localDate(at, zone))
    .registerFunction(`next_term(${TIMESTAMP}, string, double): ${TIMESTAMP}`, (from: Date, iso: string, day: number) =>
      nextTerm(from, iso, day),
    )
    .registerFunction(`term_day(${TIMESTAMP}, double): double`, (date: Date, day: number) => termDay(date, day))
    .registerFunction('days(string): double', (iso: string) => durationMs(iso) / 86_400_000)
    .registerFunction('money(double): Money', (minor: number) => new Money(Math.round(minor), 'USD'))
    .registerFunction(
      'money(double, string): Money',
      (minor: number, currency: string) => new Money(Math.round(minor), currency),
    )
    .registerFunction('round(double): double', (value: number) => Math.round(value))
    .registerFunction('plan_named(string): Plan', (id: string) => new classes.plan!(planRecord(id)))
    .registerFunction('plan_known(string): bool', (id: string) => Object.hasOwn(plans, id))
    .registerFunction(
      'page(Journey, string): string',
      (journey: JourneyFields, page: string) => pageOf(journey, page).href,
    )
    .registerFunction('link(Journey, string): string', (journey: JourneyFields, page: string) =>
      linkTo(journey, page, journey.step),
    )
    .registerFunction('link(Journey, string, string): string', (journey: JourneyFields, page: string, step: string) =>
      linkTo(journey, page, step),
    );
}

type JourneyFields = { id: string; appUrl: string; step: string | null };

/** A page of the product that knows which journey and step (and so which offer) the reader came from. */
function linkTo(journey: JourneyFields, page: string, step: string | null): string {
  const url = pageOf(journey, page);
  url.searchParams.set('journey', journey.id);
  if (step !== null) url.searchParams.set('step', step);
  return url.href;
}

/** A page of the product, short enough for a text message. */
const pageOf = (journey: JourneyFields, page: string) =>
  new URL(encodeURIComponent(page), journey.appUrl.endsWith('/') ? journey.appUrl : `${journey.appUrl}/`);

/** A plan as expressions see it; no price and no limit are 0. Throws for an unknown plan. */
export function planRecord(id: string): Record<string, unknown> {
  const plan = plans[id];
  if (!plan) throw new Error('unknown plan');
  return {
    ...{ id, title: plan.title, price_minor: plan.priceMinor ?? 0, limit: plan.limit ?? 0 },
    ...{ onboarding: plan.onboarding ?? '', health: plan.health ?? '', renewal: plan.renewal ?? '' },
  };
}
