import { z } from 'zod';
import type { Db, Tx } from '../../db/database.ts';
import { publishedPlaybooks, publishedVersions } from '../../db/queries/events/published-playbooks.ts';
import type { PublishedPlaybook } from '../../db/queries/events/published-playbooks.ts';
import { scoringNames } from '../../playbooks/scores/names.ts';
import { boundFacts } from '../../playbooks/fact-anchors.ts';
import { plans } from '../../playbooks/plans.ts';
import { FACT_CHANGED } from '../../playbooks/publish/compile-timetable.ts';
import { triggersOf } from '../../playbooks/triggers-of.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';

type Field = Playbook['reads']['facts'][string];
export type Published = Pick<PublishedPlaybook, 'id' | 'version' | 'definition' | 'sha256'>;

/** All that is published, and the names that any of it reads. */
export type Catalog = {
  find(id: string, version?: number): Published | undefined;
  /** The newest version of every playbook. */
  latest: Published[];
  facts: Map<string, Field>;
  metrics: Set<string>;
  /** Metrics that are told as amounts, added up by day. */
  usage: Set<string>;
  events: Map<string, Map<string, Field>>;
  /** Facts that a journey may count from, or that start one. */
  boundFacts: Set<string>;
};

/** For so long what another process has published may not be seen here, ms. */
const FRESH_MS = 1_000;

/** Reads the catalog. `forget` makes the next reader look again: whoever publishes says so. */
export type CatalogReader = ((db: Db | Tx) => Promise<Catalog>) & { forget(): void };

/** A reader that looks again after a second, and builds anew only when something was published since. */
export function catalogReader(): CatalogReader {
  let known = '';
  let catalog: Catalog | undefined;
  let freshUntil = 0;
  const read = async (db: Db | Tx) => {
    if (catalog && performance.now() < freshUntil) return catalog;
    const versions = JSON.stringify(await publishedVersions(db));
    if (!catalog || versions !== known) {
      catalog = buildCatalog(await publishedPlaybooks(db));
      known = versions;
    }
    freshUntil = performance.now() + FRESH_MS;
    return catalog;
  };
  return Object.assign(read, { forget: () => void (freshUntil = 0) });
}

function buildCatalog(rows: Published[]): Catalog {
  const newest = new Map<string, Published>();
  for (const row of rows) if ((newest.get(row.id)?.version ?? 0) < row.version) newest.set(row.id, row);
  const facts = new Map(scoringNames.facts);
  const metrics = new Set(scoringNames.metrics);
  const usage = new Set(scoringNames.usage);
  const events = new Map([...scoringNames.events].map(([type, fields]) => [type, new Map(fields)]));
  for (const { definition } of rows) {
    for (const [name, field] of Object.entries(definition.reads.facts)) facts.set(name, both(facts.get(name), field));
    for (const name of Object.keys(definition.reads.metrics)) metrics.add(name);
    for (const { metric } of definition.watches ?? []) usage.add(metric);
    const heard = { ...definition.reads.events };
    for (const { event } of triggersOf(definition)) heard[event] ??= { doc: 'Starts the journey.', fields: {} };
    for (const [type, { fields }] of Object.entries(heard)) {
      const union = events.get(type) ?? new Map<string, Field>();
      for (const [name, field] of Object.entries(fields)) union.set(name, both(union.get(name), field));
      events.set(type, union);
    }
  }
  for (const type of TAKES_ANY_PLAN) events.set(type, new Map([...(events.get(type) ?? []), ['plan', PLAN]]));
  const find = (id: string, version?: number) =>
    version === undefined ? newest.get(id) : rows.find((row) => row.id === id && row.version === version);
  const boundFacts = new Set(rows.flatMap(({ definition }) => [...factsOf(definition)]));
  return { find, latest: [...newest.values()], facts, metrics, usage, events, boundFacts };
}

/** Two playbooks may know different values of one field: all of them may come. */
function both(known: Field | undefined, field: Field): Field {
  const types = new Set([known?.type, field.type]);
  if (types.has('string') && types.has('enum')) return { ...field, type: 'string', values: undefined };
  if (known?.type !== 'enum' || field.type !== 'enum' || !known.values || !field.values) return field;
  return { ...field, values: [...new Set([...known.values, ...field.values])] };
}

/** Events that put an account on any plan there is, whatever a playbook makes of it. */
const TAKES_ANY_PLAN = ['account.plan_changed', 'subscription.started'];
const PLAN: Field = { type: 'enum', values: Object.keys(plans), doc: 'The new plan' };

function* factsOf(playbook: Playbook): Generator<string> {
  yield* boundFacts(playbook);
  for (const { event, where } of [...triggersOf(playbook), ...playbook.reactions])
    if (event === FACT_CHANGED && typeof where?.fact === 'string') yield where.fact;
}

/** A published playbook, or the error that names it. */
export function mustFind(catalog: Catalog, id: string, version?: number): Published {
  const found = catalog.find(id, version);
  if (found) return found;
  const known = catalog.latest.map((playbook) => playbook.id);
  throw new TenureError(
    'unknown-playbook',
    version === undefined ? `There is no playbook ${id}.` : `There is no version ${version} of ${id}.`,
    { known },
  );
}

/** Whether a value may stand in a declared field. */
export function fits(field: Field, value: unknown): boolean {
  if (value === null) return true;
  switch (field.type) {
    case 'number':
    case 'boolean':
    case 'string':
      return typeof value === field.type;
    case 'enum':
      return typeof value === 'string' && (field.values === undefined || field.values.includes(value));
    case 'date':
      return typeof value === 'string' && isDate(value);
    case 'list':
      return Array.isArray(value);
  }
}

const Day = z.iso.date();

/** `Date.parse` takes the 30th of February for the 2nd of March. */
const isDate = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d([T ]|$)/.test(text) && !Number.isNaN(Date.parse(text)) && Day.safeParse(text.slice(0, 10)).success;

/** Refuses facts that no playbook reads, or of another type; values are never repeated. */
export function checkFacts(catalog: Catalog, facts: Record<string, unknown>, pointer: string): void {
  for (const [name, value] of Object.entries(facts)) {
    const field = catalog.facts.get(name);
    if (!field)
      throw new TenureError('unknown-name', `No playbook reads a fact ${name}.`, {
        name,
        errors: [{ pointer: `${pointer}/${name}`, detail: 'unknown fact' }],
      });
    if (!fits(field, value))
      throw new TenureError('invalid-request', `The fact ${name} must be ${article(field)}.`, {
        errors: [{ pointer: `${pointer}/${name}`, detail: `must be ${article(field)}` }],
      });
  }
}

/** What a field takes, in words. */
export const article = (field: Field): string =>
  field.type === 'enum' && field.values
    ? `one of ${field.values.join(', ')}`
    : {
        enum: 'a string',
        string: 'a string',
        number: 'a number',
        boolean: 'true or false',
        date: 'an ISO-8601 date',
        list: 'a list',
      }[field.type];
