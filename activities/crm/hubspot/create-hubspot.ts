import { Client } from '@hubspot/api-client';
import type { CrmKind, Untold } from '../../../db/queries/crm/untold.ts';
import { RemoteUnavailable } from '../remote-crm.ts';
import type { RemoteCrm, Upserted } from '../remote-crm.ts';
import { OBJECTS, OWN_PROPERTIES, idOf, propertiesOf } from './fields.ts';

/** `callsPerSecond` keeps below HubSpot's limit (100 to 190 calls in ten seconds for a private app, by subscription). */
export type HubspotOptions = { accessToken: string; baseUrl?: string; callsPerSecond?: number; timeoutMs?: number };

const BATCH = 100;
const CONFLICT = 409;

/** HubSpot over its official client; it is never retried here: whoever calls decides when to try again. */
export function createHubspot({
  accessToken,
  baseUrl,
  callsPerSecond = 5,
  timeoutMs = 12_000,
}: HubspotOptions): RemoteCrm {
  const client = new Client({
    accessToken,
    ...(baseUrl ? { basePath: baseUrl } : {}),
    numberOfApiCallRetries: 0,
    limiterOptions: { minTime: Math.ceil(1000 / callsPerSecond), maxConcurrent: 1 },
  });
  const batches = {
    company: client.crm.companies.batchApi,
    contact: client.crm.contacts.batchApi,
    deal: client.crm.deals.batchApi,
    note: client.crm.objects.notes.batchApi,
    task: client.crm.objects.tasks.batchApi,
  };
  const ask = <T>(call: () => Promise<T>) => inTime(call(), timeoutMs);

  async function upsert(kind: CrmKind, objects: Untold[]): Promise<Upserted> {
    if (objects.length === 0) return { told: [], refused: [] };
    const { idProperty } = OBJECTS[kind];
    const inputs = objects.map((object) => ({
      id: idOf(object),
      idProperty,
      objectWriteTraceId: object.externalId,
      properties: propertiesOf(object),
    }));
    let answer;
    try {
      answer = await ask(() => batches[kind].upsert({ inputs }));
    } catch (error) {
      const code = refusedAs(error);
      if (objects.length === 1) return { told: [], refused: [{ externalId: objects[0]!.externalId, code }] };
      const half = Math.ceil(objects.length / 2);
      const [a, b] = [await upsert(kind, objects.slice(0, half)), await upsert(kind, objects.slice(half))];
      return { told: [...a.told, ...b.told], refused: [...a.refused, ...b.refused] };
    }
    const found = toldOf(kind, objects, answer.results);
    const apart = await besideCompany(kind, objects, found);
    const told = found.filter(({ externalId }) => !apart.some((one) => one.externalId === externalId));
    return { told, refused: [...refusedOf(answer, objects, found), ...apart] };
  }

  /** Puts new objects beside their company; answers those that HubSpot will not put there. Repeating it changes nothing. */
  async function besideCompany(kind: CrmKind, objects: Untold[], told: Upserted['told']): Promise<Upserted['refused']> {
    if (kind === 'company') return [];
    const companyOf = new Map(
      objects.filter((one) => one.remoteId === null).map((one) => [one.externalId, one.companyId]),
    );
    const beside = told.flatMap(({ externalId, remoteId }) => {
      const company = companyOf.get(externalId);
      return company ? [{ externalId, input: { _from: { id: remoteId }, to: { id: company } } }] : [];
    });
    return associate(kind, beside);
  }

  type Beside = { externalId: string; input: { _from: { id: string }; to: { id: string } } };

  async function associate(kind: CrmKind, beside: Beside[]): Promise<Upserted['refused']> {
    if (beside.length === 0) return [];
    const inputs = beside.map(({ input }) => input);
    try {
      await ask(() => client.crm.associations.v4.batchApi.createDefault(OBJECTS[kind].type, 'companies', { inputs }));
      return [];
    } catch (error) {
      const code = refusedAs(error);
      if (beside.length === 1) return [{ externalId: beside[0]!.externalId, code }];
      const half = Math.ceil(beside.length / 2);
      return [...(await associate(kind, beside.slice(0, half))), ...(await associate(kind, beside.slice(half)))];
    }
  }

  async function forget(kind: CrmKind, remoteIds: string[]): Promise<void> {
    if (kind !== 'contact') {
      const inputs = remoteIds.map((id) => ({ id }));
      await ask(() => batches[kind].archive({ inputs })).catch(refusedAs);
      return;
    }
    // The person, with all that is kept of it, by the law's own call.
    for (const objectId of remoteIds)
      await ask(() => client.crm.contacts.basicApi.purge({ objectId })).catch(refusedAs);
  }

  async function prepare(): Promise<void> {
    for (const [kind, properties] of Object.entries(OWN_PROPERTIES) as [CrmKind, (typeof OWN_PROPERTIES)[CrmKind]][])
      for (const { name, label, unique } of properties) {
        const property = {
          ...{ name, label, groupName: GROUPS[kind], type: 'string', fieldType: 'text' },
          ...(unique ? { hasUniqueValue: true } : {}),
        } as Parameters<typeof client.crm.properties.coreApi.create>[1];
        try {
          await ask(() => client.crm.properties.coreApi.create(OBJECTS[kind].type, property));
        } catch (error) {
          if (statusOf(error) !== CONFLICT) throw unavailable(error) ?? error;
        }
      }
  }

  return { batch: BATCH, prepare, upsert, forget };
}

const GROUPS: Record<CrmKind, string> = {
  company: 'companyinformation',
  contact: 'contactinformation',
  deal: 'dealinformation',
  note: 'notesinformation',
  task: 'tasksinformation',
};

type Result = { id: string; objectWriteTraceId?: string; properties: Record<string, string | null> };

function toldOf(kind: CrmKind, objects: Untold[], results: Result[]): Upserted['told'] {
  const byId = new Map(objects.map((object) => [idOf(object), object.externalId]));
  const { idProperty } = OBJECTS[kind];
  return results.flatMap(({ id, objectWriteTraceId, properties }) => {
    const externalId =
      objectWriteTraceId ??
      byId.get(String(properties[idProperty] ?? '').toLowerCase()) ??
      byId.get(String(properties[idProperty]));
    return externalId === undefined ? [] : [{ externalId, remoteId: id }];
  });
}

/** Of a 207: those that it names by their trace; those that it is silent about are tried again. */
function refusedOf(answer: object, objects: Untold[], told: Upserted['told']): Upserted['refused'] {
  const errors = ('errors' in answer && Array.isArray(answer.errors) ? answer.errors : []) as {
    category?: string;
    context?: Record<string, string[]>;
  }[];
  const done = new Set(told.map((one) => one.externalId));
  const known = new Set(objects.map((object) => object.externalId));
  return errors.flatMap(({ category = 'refused', context = {} }) =>
    (context.objectWriteTraceId ?? [])
      .filter((id) => known.has(id) && !done.has(id))
      .map((externalId) => ({ externalId, code: category })),
  );
}

const statusOf = (error: unknown): number =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number' ? error.code : 0;

/** An answer that says no to the objects themselves; anything else is the remote side's own trouble and thrown as such. */
function refusedAs(error: unknown): string {
  const trouble = unavailable(error);
  if (trouble) throw trouble;
  const body = (error as { body?: { category?: unknown } }).body;
  return typeof body?.category === 'string' ? body.category : `status-${statusOf(error)}`;
}

/** 401 and 403 are a wrong key, not a wrong object: nothing is given up for them. */
function unavailable(error: unknown): RemoteUnavailable | undefined {
  if (error instanceof RemoteUnavailable) return error;
  const status = statusOf(error);
  if (status >= 400 && status < 500 && ![401, 403, 408, 423, 429].includes(status)) return undefined;
  const headers = (error as { headers?: Record<string, string> }).headers ?? {};
  const seconds = Number(headers['retry-after']);
  return new RemoteUnavailable(
    status ? `status-${status}` : 'no-answer',
    Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
  );
}

async function inTime<T>(call: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RemoteUnavailable('time-out')), ms);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
    call.catch(() => undefined);
  }
}
