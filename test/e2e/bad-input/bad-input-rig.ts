import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { patiently } from '../../../workers/rehearse/patience.ts';
import { startRig } from '../../../workers/rehearse/rig.ts';
import type { Rig } from '../../../workers/rehearse/rig.ts';
import { testGround } from '../../support/ground.ts';

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';
type Problem = {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  retryable: boolean;
  errors?: { pointer: string; detail: string }[];
  nearest?: { command: string } | null;
};

/** What a caller sees of a refusal. */
export type Refused = { status: number; code: string; pointers: string[]; problem: Problem };

/** A rig that is asked for what it must refuse. */
export type BadInputRig = Rig & {
  /** Sends what may not even be JSON, with any headers, and returns the refusal; fails when it is none. */
  refused(
    method: Method,
    url: string,
    body?: unknown,
    options?: { key?: string | null; type?: string; headers?: Record<string, string> },
  ): Promise<Refused>;
  /** A digest of every row of every table. */
  contents(): Promise<string>;
  newKey(scope: 'viewer' | 'service' | 'cs' | 'admin'): Promise<string>;
  newAccount(more?: Record<string, unknown>): Promise<string>;
  newTrial(account?: string): Promise<string>;
};

/** Starts it; without a worker nothing changes its tables but the requests themselves. */
export async function badInputRig(options: Parameters<typeof startRig>[1] = {}): Promise<BadInputRig> {
  const rig = await startRig(await testGround(), options);
  const must = async (method: Method, url: string, body: unknown) => {
    const answer = await rig.call<{ id: string; key: string }>(method, url, body);
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  };
  const newAccount = async (more: Record<string, unknown> = {}) => {
    const id = freshId();
    await must('PUT', `/v1/accounts/${id}`, anAccount(more));
    return id;
  };
  return Object.assign(rig, {
    refused: async (
      method: Method,
      url: string,
      body?: unknown,
      { key = rig.key, type, headers }: { key?: string | null; type?: string; headers?: Record<string, string> } = {},
    ) => {
      const ask = async (again: { id?: string }) => {
        const payload = again.id === undefined ? body : { ...(body as object), ...again };
        const answer = await rig.app.inject({
          method,
          url,
          headers: {
            ...(key === null ? {} : { authorization: `Bearer ${key}` }),
            ...(type === undefined ? {} : { 'content-type': type }),
            ...headers,
          },
          ...(payload === undefined ? {} : { payload: payload as string | object }),
        });
        expect(answer.headers['content-type'], answer.body.slice(0, 500)).toContain('application/problem+json');
        return { status: answer.statusCode, body: answer.json<Problem>() };
      };
      const answer = await patiently(ask, { unknowns: !options.withoutWorker });
      return read(answer.status, answer.body);
    },
    contents: () => contentsOf(rig),
    newKey: async (scope: string) => (await must('POST', '/v1/keys', { name: scope, scope })).key,
    newAccount,
    newTrial: async (account?: string) =>
      (await must('POST', '/v1/journeys', { playbook: '002.trial', account: account ?? (await newAccount()) })).id,
  });
}

/** The account that all of these tests begin with. */
export const anAccount = (more: Record<string, unknown> = {}) => ({
  name: 'Lakeside Outfitters',
  plan: 'starter',
  timeZone: noonZone(),
  contacts: [{ role: 'primary', email: 'maya@lakeside.example', consent: { email: true, sms: true } }],
  ...more,
});

/** A zone in which it is noon, or nearly, whenever the tests run: no channel is closed there. */
export function noonZone(): string {
  const ahead = 12 - new Date().getUTCHours();
  return ahead === 0 ? 'UTC' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
}

/** An id that no other test has. */
export const freshId = () => `acc-${randomUUID().slice(0, 13)}`;

function read(status: number, problem: Problem): Refused {
  expect(problem).toMatchObject({ status, title: expect.any(String), retryable: expect.any(Boolean) });
  expect(problem.type).toMatch(/^urn:tenure:error:/);
  expect(problem.detail, 'what to do, as a sentence').toMatch(/^\S.{9,}$/s);
  expect(status, JSON.stringify(problem)).toBeLessThan(500);
  return { status, code: problem.code, pointers: [...new Set(problem.errors?.map((one) => one.pointer))], problem };
}

async function contentsOf({ database }: Rig): Promise<string> {
  const tables = await database.sql<{ name: string }[]>`
    select table_name as name from information_schema.tables where table_schema = 'public' order by 1`;
  const digests = await Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await database.sql<{ digest: string }[]>`
        select count(*) || ':' || coalesce(md5(string_agg(row::text, ',' order by row::text)), '') as digest from ${database.sql(name)} row`;
      return `${name} ${row!.digest}`;
    }),
  );
  return digests.join('\n');
}
