import type { EventBody } from '../../workflows/contracts/api.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { article, checkFacts, fits } from '../playbooks/catalog.ts';
import type { Catalog } from '../playbooks/catalog.ts';
import { InvalidRequest } from '../problem.ts';

/** Events whose data are metrics by name, and facts by name. */
export const METRICS_RECORDED = 'metrics_recorded';
export const FACTS_RECORDED = 'facts_recorded';
/** Types of a deployment's own: stored, shown, and read by nobody. */
const OWN_PREFIX = 'x.';
const DAY_MS = 86_400_000;
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
    if (event.type === METRICS_RECORDED) checkMetrics(data, catalog, `${at}/data`);
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
        errors: [{ pointer: `${at}/data/${name}`, detail: 'unknown field' }],
      });
    if (!fits(field, value))
      throw new InvalidRequest([{ pointer: `${at}/data/${name}`, detail: `must be ${article(field)}` }]);
  }
}
