import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

/*
 * HubSpot as its public OpenAPI description (CRM objects v3, associations v4, properties v3) says it answers: the same paths, required fields,
 * statuses and error bodies. What the description does not say (unique properties, 100 inputs a call) is as its documentation has it.
 */
const UpsertInput = z.strictObject({
  id: z.string(),
  idProperty: z.string().optional(),
  objectWriteTraceId: z.string().optional(),
  properties: z.record(z.string(), z.string()),
});
const Upsert = z.strictObject({ inputs: z.array(UpsertInput) });
const Associate = z.strictObject({
  inputs: z.array(z.strictObject({ from: z.strictObject({ id: z.string() }), to: z.strictObject({ id: z.string() }) })),
});
const Archive = z.strictObject({ inputs: z.array(z.strictObject({ id: z.string() })) });
const Purge = z.strictObject({ objectId: z.string(), idProperty: z.string().optional() });
const Property = z.strictObject({
  name: z.string(),
  label: z.string(),
  groupName: z.string(),
  type: z.enum(['string', 'number', 'date', 'datetime', 'enumeration', 'bool']),
  fieldType: z.string(),
  hasUniqueValue: z.boolean().optional(),
});

const STANDARD: Record<string, string[]> = {
  companies: ['name', 'hubspot_owner_id'],
  contacts: ['email', 'firstname', 'lastname', 'phone'],
  deals: ['dealname', 'amount', 'deal_currency_code', 'dealstage'],
  notes: ['hs_note_body', 'hs_timestamp'],
  tasks: ['hs_task_subject', 'hs_task_body', 'hs_task_status', 'hs_task_priority', 'hs_timestamp'],
};

export type HubspotObject = { id: string; type: string; properties: Record<string, string> };
export type Mood = 'up' | 'down' | 'busy' | 'broken' | 'silent';

export type HubspotServer = {
  url: string;
  token: string;
  objects: HubspotObject[];
  associations: string[];
  calls: { path: string; at: number; inputs: number }[];
  /** `down` hangs up, `busy` answers 429, `broken` 502, `silent` never. */
  mood: Mood;
  /** Properties whose value it refuses: `all` fails the whole call (400), else the input alone (207). */
  refuses: { value: string; all: boolean } | undefined;
  /** An object that it puts beside no company. */
  keepsApart: string | undefined;
  close(): Promise<void>;
};

export async function startHubspot(): Promise<HubspotServer> {
  const unique = new Map(Object.keys(STANDARD).map((type) => [type, new Set(type === 'contacts' ? ['email'] : [])]));
  const known = new Map(Object.entries(STANDARD).map(([type, names]) => [type, new Set(names)]));
  const server: HubspotServer = {
    ...{ url: '', token: `pat-${randomUUID()}`, objects: [], associations: [], calls: [] },
    ...{ mood: 'up' as Mood, refuses: undefined, keepsApart: undefined },
    close: () => new Promise((resolve) => (http.closeAllConnections(), http.close(() => resolve()))),
  };
  const http = createServer((request, response) => void serve(request, response));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const json = body ? (JSON.parse(body) as { inputs?: unknown[] }) : {};
    server.calls.push({ path: request.url ?? '', at: performance.now(), inputs: json.inputs?.length ?? 0 });
    const answer = (status: number, value: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    const error = (status: number, category: string, headers?: Record<string, string>) =>
      answer(status, { category, correlationId: randomUUID(), message: category, status: 'error' }, headers);
    if (server.mood === 'down') return void request.socket.destroy();
    if (server.mood === 'silent') return;
    if (server.mood === 'busy') return void error(429, 'RATE_LIMITS', { 'retry-after': '2' });
    if (server.mood === 'broken') return void error(502, 'BAD_GATEWAY');
    if (request.headers.authorization !== `Bearer ${server.token}`) return void error(401, 'INVALID_AUTHENTICATION');
    const upsertOf = /^\/crm\/v3\/objects\/(\w+)\/batch\/upsert$/.exec(request.url ?? '')?.[1];
    const propertyOf = /^\/crm\/v3\/properties\/(\w+)$/.exec(request.url ?? '')?.[1];
    const beside = /^\/crm\/v4\/associations\/(\w+)\/(\w+)\/batch\/associate\/default$/.exec(request.url ?? '');
    if (upsertOf) return void upsert(upsertOf, json, answer, error);
    if (propertyOf) return void property(propertyOf, json, answer, error);
    if (beside) return void associate([beside[1]!, beside[2]!], json, answer, error);
    const archiveOf = /^\/crm\/v3\/objects\/(\w+)\/batch\/archive$/.exec(request.url ?? '')?.[1];
    const gone = archiveOf
      ? Archive.parse(json).inputs.map(({ id }) => id)
      : request.url === '/crm/v3/objects/contacts/gdpr-delete'
        ? [Purge.parse(json).objectId]
        : undefined;
    if (!gone) return void error(404, 'NOT_FOUND');
    server.objects = server.objects.filter(({ id }) => !gone.includes(id));
    response.writeHead(204).end();
  }

  type Answer = (status: number, value: unknown) => void;
  type Refuse = (status: number, category: string) => void;

  function upsert(type: string, json: unknown, answer: Answer, error: Refuse): void {
    const parsed = Upsert.safeParse(json);
    if (!parsed.success || parsed.data.inputs.length > 100) return error(400, 'VALIDATION_ERROR');
    const { inputs } = parsed.data;
    const unknown = inputs.some(({ properties }) =>
      Object.keys(properties).some((name) => !known.get(type)!.has(name)),
    );
    const notUnique = inputs.some(({ idProperty }) => !idProperty || !unique.get(type)!.has(idProperty));
    const twice = new Set(inputs.map(({ id }) => id)).size < inputs.length;
    const isRefused = ({ properties }: z.infer<typeof UpsertInput>) =>
      Object.values(properties).includes(server.refuses?.value ?? '\0');
    if (unknown || notUnique || twice || (server.refuses?.all && inputs.some(isRefused)))
      return error(400, 'VALIDATION_ERROR');
    const results = inputs.filter((input) => !isRefused(input)).map((input) => write(type, input));
    const errors = inputs.filter(isRefused).map(({ objectWriteTraceId }) => ({
      ...{ status: 'error', category: 'VALIDATION_ERROR', message: 'refused', errors: [], links: {} },
      context: { objectWriteTraceId: [objectWriteTraceId] },
    }));
    const at = new Date().toISOString();
    answer(errors.length > 0 ? 207 : 200, {
      ...{ status: 'COMPLETE', results, startedAt: at, completedAt: at },
      ...(errors.length > 0 ? { numErrors: errors.length, errors } : {}),
    });
  }

  function write(type: string, { id, idProperty, objectWriteTraceId, properties }: z.infer<typeof UpsertInput>) {
    let object = server.objects.find((one) => one.type === type && one.properties[idProperty!] === id);
    const isNew = !object;
    if (!object)
      server.objects.push(
        (object = { id: String(1000 + server.objects.length), type, properties: { [idProperty!]: id } }),
      );
    Object.assign(object.properties, properties);
    const at = new Date().toISOString();
    return {
      id: object.id,
      new: isNew,
      archived: false,
      createdAt: at,
      updatedAt: at,
      objectWriteTraceId,
      properties: object.properties,
    };
  }

  function property(type: string, json: unknown, answer: Answer, error: Refuse): void {
    const parsed = Property.safeParse(json);
    if (!parsed.success) return error(400, 'VALIDATION_ERROR');
    if (known.get(type)!.has(parsed.data.name)) return error(409, 'OBJECT_ALREADY_EXISTS');
    known.get(type)!.add(parsed.data.name);
    if (parsed.data.hasUniqueValue) unique.get(type)!.add(parsed.data.name);
    answer(201, { ...parsed.data, options: [], description: '' });
  }

  function associate([from, to]: [string, string], json: unknown, answer: Answer, error: Refuse): void {
    const parsed = Associate.safeParse(json);
    const apart = parsed.success && parsed.data.inputs.some((one) => one.from.id === server.keepsApart);
    if (!parsed.success || apart) return error(400, 'VALIDATION_ERROR');
    for (const one of parsed.data.inputs) server.associations.push(`${from}:${one.from.id} → ${to}:${one.to.id}`);
    const at = new Date().toISOString();
    answer(200, { status: 'COMPLETE', results: [], startedAt: at, completedAt: at });
  }

  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return server;
}

async function text(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}
