import type { CrmKind, Untold } from '../../../db/queries/crm/untold.ts';

/** HubSpot's name of each kind of object, and the unique property by which it finds ours. */
export const OBJECTS: Record<CrmKind, { type: string; idProperty: string }> = {
  company: { type: 'companies', idProperty: 'tenure_id' },
  // HubSpot keeps e-mail addresses unique itself; one person of two accounts is one contact there.
  contact: { type: 'contacts', idProperty: 'email' },
  deal: { type: 'deals', idProperty: 'tenure_id' },
  note: { type: 'notes', idProperty: 'tenure_id' },
  task: { type: 'tasks', idProperty: 'tenure_id' },
};

type Value = string | number | null;
type Field = {
  property: string;
  /**
   * Which side wins: `tenure` writes it whenever it changes, and again when somebody changed it in HubSpot; `hubspot` is given it once, when the
   * object is new, and what is changed there comes back.
   */
  wins: 'tenure' | 'hubspot';
  value: (fields: Untold['fields']) => Value | undefined;
};

const of = (name: string) => (fields: Untold['fields']) => fields[name];
const [first, rest] = [
  (name: Value | undefined) =>
    String(name ?? '')
      .trim()
      .split(/\s+/)[0],
  (name: Value | undefined) =>
    String(name ?? '')
      .trim()
      .split(/\s+/)
      .slice(1)
      .join(' '),
];
const epoch = (time: Value | undefined) => (time === null || time === undefined ? undefined : Date.parse(String(time)));

/** HubSpot counts in major units: `amount_minor` by the digits of its currency. */
function amount({ amount_minor: minor, currency }: Untold['fields']): number | undefined {
  if (typeof minor !== 'number') return undefined;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: String(currency) });
  return minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2);
}

/** Every field that is mirrored, and which side wins. Properties `tenure_…` are made by `prepare`. */
export const FIELDS: Record<CrmKind, Field[]> = {
  company: [
    { property: 'name', wins: 'tenure', value: of('name') },
    { property: 'tenure_plan', wins: 'tenure', value: of('plan') },
    { property: 'tenure_industry', wins: 'tenure', value: of('industry') },
    { property: 'tenure_stage', wins: 'tenure', value: of('stage') },
    { property: 'tenure_renewal_date', wins: 'hubspot', value: of('renewal_date') },
    { property: 'hubspot_owner_id', wins: 'hubspot', value: () => undefined },
  ],
  contact: [
    { property: 'email', wins: 'tenure', value: of('email') },
    { property: 'tenure_role', wins: 'tenure', value: of('role') },
    { property: 'firstname', wins: 'hubspot', value: ({ name }) => first(name) },
    { property: 'lastname', wins: 'hubspot', value: ({ name }) => rest(name) },
    { property: 'phone', wins: 'hubspot', value: of('phone') },
    { property: 'hs_email_optout', wins: 'hubspot', value: () => undefined },
  ],
  deal: [
    { property: 'dealname', wins: 'tenure', value: of('title') },
    { property: 'amount', wins: 'tenure', value: amount },
    { property: 'deal_currency_code', wins: 'tenure', value: of('currency') },
    {
      property: 'dealstage',
      wins: 'hubspot',
      value: ({ stage }) => (stage === 'open' ? 'appointmentscheduled' : undefined),
    },
  ],
  note: [
    { property: 'hs_note_body', wins: 'tenure', value: ({ text, author }) => `${text}\n\n(${author})` },
    { property: 'hs_timestamp', wins: 'tenure', value: ({ at }) => epoch(at) },
  ],
  task: [
    { property: 'hs_task_subject', wins: 'tenure', value: of('title') },
    { property: 'hs_task_body', wins: 'tenure', value: ({ instructions, role }) => `${instructions}\n\nFor: ${role}` },
    {
      property: 'hs_task_status',
      wins: 'tenure',
      value: ({ state }) => (state === 'open' ? 'NOT_STARTED' : 'COMPLETED'),
    },
    { property: 'hs_task_priority', wins: 'tenure', value: ({ level }) => (Number(level) > 0 ? 'HIGH' : 'MEDIUM') },
    { property: 'hs_timestamp', wins: 'tenure', value: (task) => epoch(task.due_at) ?? epoch(task.created_at) },
  ],
};

/** An object as HubSpot's properties: all text; what is unknown is left out, what was taken away is emptied. */
export function propertiesOf(object: Untold): Record<string, string> {
  const { idProperty } = OBJECTS[object.kind];
  const properties: Record<string, string> = { tenure_id: object.externalId };
  for (const { property, wins, value } of FIELDS[object.kind]) {
    if (wins === 'hubspot' && object.remoteId !== null) continue;
    const found = value(object.fields);
    if (found === undefined || (found === null && object.remoteId === null)) continue;
    properties[property] = found === null ? '' : String(found);
  }
  delete properties[idProperty];
  return properties;
}

/** The value by which HubSpot finds the object. */
export const idOf = (object: Untold): string =>
  OBJECTS[object.kind].idProperty === 'email' ? String(object.fields.email).toLowerCase() : object.externalId;

/** Properties of our own, by kind: the id is unique. */
export const OWN_PROPERTIES: Record<CrmKind, { name: string; label: string; unique: boolean }[]> = {
  company: [
    { name: 'tenure_id', label: 'Tenure account', unique: true },
    { name: 'tenure_plan', label: 'Plan', unique: false },
    { name: 'tenure_industry', label: 'Industry as Tenure has it', unique: false },
    { name: 'tenure_stage', label: 'Stage of life', unique: false },
    { name: 'tenure_renewal_date', label: 'Renewal date', unique: false },
  ],
  contact: [
    { name: 'tenure_id', label: 'Tenure contact', unique: false },
    { name: 'tenure_role', label: 'Role', unique: false },
  ],
  deal: [{ name: 'tenure_id', label: 'Tenure opportunity', unique: true }],
  note: [{ name: 'tenure_id', label: 'Tenure note', unique: true }],
  task: [{ name: 'tenure_id', label: 'Tenure task', unique: true }],
};
