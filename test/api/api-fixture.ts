import type { Client } from '@temporalio/client';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { buildApp } from '../../api/app.ts';
import type { ApiDeps } from '../../api/deps.ts';
import { openDatabase } from '../../db/database.ts';
import type { Database } from '../../db/database.ts';
import { createKey } from '../../db/queries/keys/create-key.ts';
import type { KeyScope } from '../../db/queries/keys/create-key.ts';
import { hashKey } from '../../db/queries/keys/ensure-admin-key.ts';
import { patiently } from '../../workers/rehearse/patience.ts';
import { createTestDatabase, publishedDatabase, templateDatabase } from '../support/postgres.ts';
import { testClient } from '../support/engine.ts';

/** A parsed body: tests say what they expect of it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;
export type Answer = { status: number; body: Json; headers: Record<string, unknown>; text: string };
type Call = { as?: KeyScope | null; body?: unknown; headers?: Record<string, string> };

export type ApiFixture = {
  app: FastifyInstance;
  database: Database;
  deps: ApiDeps;
  /** Lines of the log. */
  logged: string[];
  /** Asks as a patient client does, which repeats what it is told to repeat. */
  call(method: InjectOptions['method'], url: string, options?: Call): Promise<Answer>;
  /** Asks once. */
  callOnce(method: InjectOptions['method'], url: string, options?: Call): Promise<Answer>;
  keyOf(scope: KeyScope): string;
  close(): Promise<void>;
};

/** The API over a database of its own, with a key of every scope and the shipped playbooks; the engine is the run's, or the one given. */
export async function apiFixture(
  given: Partial<Omit<ApiDeps, 'config'>> & { config?: Partial<ApiDeps['config']>; publish?: boolean } = {},
): Promise<ApiFixture> {
  const scratch = await createTestDatabase(given.publish === false ? templateDatabase : publishedDatabase);
  const database = openDatabase(scratch.url, { max: 10 });
  const logged: string[] = [];
  const deps: ApiDeps = {
    clock: Date.now,
    log: pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) }),
    ...given,
    database,
    client: given.client ?? (await testClient()),
    config: {
      publicUrl: 'http://api.test',
      systemZone: 'UTC',
      secret: 'a-secret-of-the-tests-only',
      taskQueue: `nobody-${randomUUID()}`,
      temporalUiUrl: 'http://ui.test',
      namespace: 'default',
      ...given.config,
      // An engine that stalls is waited for, so that a journey that was started runs.
      limits: { startMs: 60_000, commandMs: 30_000, ...given.config?.limits },
    },
  };
  const keys = Object.fromEntries(
    (['viewer', 'service', 'cs', 'admin'] as const).map((scope) => [scope, `key-of-${scope}-${randomUUID()}`]),
  ) as Record<KeyScope, string>;
  for (const [scope, key] of Object.entries(keys))
    await createKey(database.db, {
      id: randomUUID(),
      name: `test ${scope}`,
      scope: scope as KeyScope,
      hash: hashKey(key),
      createdAt: new Date(),
      createdBy: 'test',
    });
  const app = await buildApp(deps);
  const callOnce: ApiFixture['call'] = async (method, url, { as = 'admin', body, headers } = {}) => {
    const answer = await app.inject({
      method,
      url,
      headers: { ...(as === null ? {} : { authorization: `Bearer ${keys[as]}` }), ...headers },
      ...(body === undefined ? {} : { payload: body as string | object }),
    });
    const json = String(answer.headers['content-type'] ?? '').includes('json');
    return {
      status: answer.statusCode,
      body: json && answer.body !== '' ? answer.json() : answer.body,
      headers: answer.headers,
      text: answer.body,
    };
  };
  return {
    app,
    database,
    deps,
    logged,
    keyOf: (scope) => keys[scope],
    callOnce,
    call: (method, url, options = {}) =>
      patiently((again) => {
        const named = again.id !== undefined && { body: { ...(options.body as object), ...again } };
        return callOnce(method, url, { ...options, ...named });
      }),
    close: async () => {
      await app.close();
      await database.close();
      await scratch.drop();
    },
  };
}

/** An account body with one contact. */
export const anAccount = (more: Record<string, unknown> = {}) => ({
  name: 'Acme',
  plan: 'trial',
  timeZone: 'Europe/Berlin',
  contacts: [
    {
      role: 'primary',
      name: 'Ada',
      email: 'ada@acme.test',
      phone: '+491701234567',
      consent: { email: true, sms: true },
    },
  ],
  ...more,
});

/** A client of an engine that is not there. */
export async function deadClient(): Promise<Client> {
  const { Client: TemporalClient, Connection } = await import('@temporalio/client');
  return new TemporalClient({ connection: Connection.lazy({ address: '127.0.0.1:1', connectTimeout: 500 }) });
}

/** An id that no other test uses: runs of all tests share one engine. */
export const freshId = (prefix = 'acc'): string => `${prefix}-${randomUUID().slice(0, 13)}`;

/** A started trial of a new account. */
export async function aTrial(
  api: ApiFixture,
  more: Record<string, unknown> = {},
): Promise<{ account: string; journey: string; answer: Answer }> {
  const account = freshId();
  const put = await api.call('PUT', `/v1/accounts/${account}`, { body: anAccount() });
  if (put.status !== 201) throw new Error(put.text);
  const answer = await api.call('POST', '/v1/journeys', { body: { playbook: '002.trial', account, ...more } });
  return { account, journey: answer.body.id, answer };
}
