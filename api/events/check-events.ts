import type { EventBody } from '../../workflows/contracts/api.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { FACTS_RECORDED, FACT_CHANGED } from './account-events.ts';
import { article, checkFacts, fits } from '../playbooks/catalog.ts';
import type { Catalog } from '../playbooks/catalog.ts';
import { InvalidRequest } from '../problem.ts';
import { USAGE_RECORDED } from './take-usage.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';

/** Events whose data are metrics by name. */
export const METRICS_RECORDED = 'metrics_recorded';
/** Types of a deployment's own: stored, shown, and read by nobody. */
const OWN_PREFIX = 'x.';
const MOST_USAGE = 1e12;
const EARLIEST = Date.UTC(2000, 0, 1);

/** Refuses events that nobody could read: an unknown type or name, a value of another type, an impossible time. A type `x.…` is stored as it is. */
export function checkEvents(events: EventBody[], catalog: Catalog, now: number): void {
  for (const [index, event] of events.entries()) {
    const at = `/events/${index}`;
    if (event.at !== undefined) {
      const time = Date.parse(event.at);
      if (!(time >= EARLIEST && time <= now + DAY_MS))
        throw new TenureError(
          'invalid-date',
          `The time of event ${event.id} must lie between 2000 and a day from now.`,
          { errors: [{ pointer: `${at}/at`, detail: 'out of range' }] },
        );
    }
    const data = event.data ?? {};
    if (event.type === FACT_CHANGED)
      throw new TenureError('unknown-name', `${FACT_CHANGED} follows from facts: send ${FACTS_RECORDED}.`, {
        name: event.type,
        errors: [{ pointer: `${at}/type`, detail: 'is not taken from outside' }],
      });
    if (event.type === METRICS_RECORDED) checkMetrics(data, catalog, `${at}/data`);
    else if (event.type === USAGE_RECORDED) checkUsage(data, catalog, `${at}/data`);
    else if (event.type === FACTS_RECORDED) checkFacts(catalog, data, `${at}/data`);
    else if (!event.type.startsWith(OWN_PREFIX)) checkFields(event, catalog, at);
  }
}

function checkMetrics(data: Record<string, unknown>, catalog: Catalog, pointer: string): void {
  for (const [name, value] of Object.entries(data)) {
    if (!catalog.metrics.has(name))
      throw new TenureError('unknown-name', `No playbook reads a metric ${name}.`, {
        name,
        errors: [{ pointer: `${pointer}/${name}`, detail: 'unknown metric' }],
      });
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new InvalidRequest([{ pointer: `${pointer}/${name}`, detail: 'must be a number' }]);
  }
}

function checkUsage(data: Record<string, unknown>, catalog: Catalog, pointer: string): void {
  for (const [name, value] of Object.entries(data)) {
    if (!catalog.usage.has(name) && !catalog.metrics.has(name))
      throw new TenureError('unknown-name', `No playbook or score reads a metric ${name}.`, {
        name,
        errors: [{ pointer: `${pointer}/${name}`, detail: 'unknown metric' }],
      });
    if (typeof value !== 'number' || !(value >= 0 && value <= MOST_USAGE))
      throw new InvalidRequest([{ pointer: `${pointer}/${name}`, detail: `must be an amount of 0 to ${MOST_USAGE}` }]);
  }
}

function checkFields(event: EventBody, catalog: Catalog, at: string): void {
  const fields = catalog.events.get(event.type);
  if (!fields)
    throw new TenureError(
      'unknown-name',
      `No playbook knows an event ${event.type}; a type of your own begins with ${OWN_PREFIX}`,
      {
        name: event.type,
        errors: [{ pointer: `${at}/type`, detail: 'unknown event type' }],
      },
    );
  for (const [name, value] of Object.entries(event.data ?? {})) {
    const field = fields.get(name);
    if (!field)
      throw new TenureError('unknown-name', `No playbook reads a field ${name} of ${event.type}.`, {
        name,
        errors: [{ pointer: `${at}/data/${name}`, detail: `unknown field; ${knownOf(fields)}` }],
      });
    if (!fits(field, value))
      throw new InvalidRequest([{ pointer: `${at}/data/${name}`, detail: `must be ${article(field)}` }]);
  }
}

const knownOf = (fields: ReadonlyMap<string, unknown>) =>
  fields.size === 0 ? 'the event has none' : `one of ${[...fields.keys()].sort().join(', ')}`;
