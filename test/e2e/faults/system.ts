import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { and, eq } from 'drizzle-orm';
import { defaultPolicy } from '../../../activities/arbiter/policy.ts';
import type { ArbiterPolicy } from '../../../activities/arbiter/policy.ts';
import { createSmtpMailer } from '../../../activities/email/smtp-mailer.ts';
import type { ApiConfig } from '../../../api/deps.ts';
import { startApi } from '../../../api/server.ts';
import { openDatabase } from '../../../db/database.ts';
import type { Database } from '../../../db/database.ts';
import { ensureAdminKey } from '../../../db/queries/keys/ensure-admin-key.ts';
import { commands, decisions, journeys, messages } from '../../../db/schema/index.ts';
import { composePorts } from '../../../workers/ports.ts';
import { patiently } from '../../../workers/rehearse/patience.ts';
import type { Ground } from '../../../workers/rehearse/rig.ts';
import { startWorker } from '../../../workers/worker.ts';
import type { RunningWorker } from '../../../workers/worker.ts';
import type { TestSmtp } from '../../support/smtp.ts';
import { eventually } from '../../support/eventually.ts';
import type { Json } from '../../api/api-fixture.ts';

export type Answer<T = Record<string, never>> = { status: number; body: T; ms: number };
export type Journey = { id: string; account: string; to: string; workflowId: string };
type Body = { [key: string]: unknown };

export const SECRET = 'a-secret-of-the-fault-tests';

export type System = Awaited<ReturnType<typeof startSystem>>;

/** Tenure whole in real time: API on a port, worker and dispatcher (to be stopped and started), SMTP, a database of its own. */
export async function startSystem(
  ground: Ground,
  o: {
    smtp?: TestSmtp;
    /** A provider's time-out, where 12 s are too long for a test. */
    providerMs?: number;
    policy?: Partial<ArbiterPolicy>;
    limits?: ApiConfig['limits'];
    withoutWorker?: boolean;
    databaseUrl?: string;
    taskQueue?: string;
    playbooks?: string[];
  } = {},
) {
  const { client, connection, bundle, log } = ground;
  const { namespace } = client.options;
  const taskQueue = o.taskQueue ?? `faults-${randomUUID().slice(0, 8)}`;
  const url = o.databaseUrl ?? (await ground.newDatabase());
  const database: Database = openDatabase(url, { max: 12 });
  const secret = SECRET;
  const publicUrl = 'http://tenure.test';
  const key = `faults-${randomUUID()}`;
  await ensureAdminKey(database.db, { given: key, now: new Date() });
  const config = { publicUrl, systemZone: 'UTC', secret, taskQueue, temporalUiUrl: '', namespace, limits: o.limits };
  const api = await startApi({ database, client, log, host: '127.0.0.1', port: 0, clock: Date.now, config });
  const real = o.smtp && createSmtpMailer({ url: o.smtp.url });
  const { providerMs } = o;
  const mailer =
    real && providerMs
      ? {
          ...real,
          send: (mail: Parameters<typeof real.send>[0], how: Parameters<typeof real.send>[1]) =>
            real.send(mail, { ...how, timeoutMs: providerMs }),
        }
      : real;
  const settings = {
    secret,
    publicUrl,
    mailFrom: 'Tenure <no-reply@tenure.test>',
    systemZone: 'UTC',
    policy: { ...defaultPolicy, releasePerSecond: 50, ...o.policy },
  };
  const ports = { ...composePorts({}), ...(mailer ? { mailer } : {}) };
  let worker: RunningWorker | undefined;

  const call = async <T = Json>(method: 'GET' | 'POST' | 'PUT', path: string, body?: Body): Promise<Answer<T>> => {
    const began = performance.now();
    const answer = await fetch(`${api.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, body: (await answer.json()) as T, ms: performance.now() - began };
  };
  const must = async <T = Json>(method: 'GET' | 'POST' | 'PUT', path: string, body?: Body): Promise<T> => {
    const starts = path === '/v1/journeys' && o.limits?.startMs === undefined;
    const answer = await patiently((again) => call<T>(method, path, body && { ...body, ...again }), { starts });
    if (answer.status >= 300)
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const one = async <T>(rows: Promise<T[]>) => (await rows)[0];

  const system = {
    ...{ database, client, taskQueue, url, call, must, log },
    newAccount: async () => {
      const account = `a-${randomUUID()}`;
      const to = `${account}@example.test`;
      await must('PUT', `/v1/accounts/${account}`, {
        name: 'Acme',
        plan: 'starter',
        timeZone: 'UTC',
        contacts: [{ role: 'primary', email: to, consent: { email: true } }],
      });
      return { account, to };
    },
    begin: async (playbook: string, on?: { account: string; to: string }, more: Body = {}): Promise<Journey> => {
      const { account, to } = on ?? (await system.newAccount());
      const { id, temporal } = await must('POST', '/v1/journeys', { playbook, account, ...more });
      return { id, account, to, workflowId: temporal.workflowId };
    },
    /** Says it once, whatever the answer. */
    command: (journey: { id: string }, body: Body) =>
      call('POST', `/v1/journeys/${journey.id}/commands`, { reason: 'a test', ...body }),
    /** As a patient person: told to come again, or not told in time, the same command is repeated under the same id. */
    insist: (journey: { id: string }, body: Body): Promise<Answer<Json>> =>
      patiently((again) => system.command(journey, { ...body, ...again })),
    read: (journey: { id: string }) => must('GET', `/v1/journeys/${journey.id}`),
    commandRow: (journey: { id: string }, id: string) =>
      one(
        database.db
          .select()
          .from(commands)
          .where(and(eq(commands.journeyId, journey.id), eq(commands.id, id))),
      ),
    journeyRow: async (journey: { id: string }) =>
      (await one(database.db.select().from(journeys).where(eq(journeys.id, journey.id))))!,
    messageRow: (journey: { id: string }, step = 'first') =>
      one(
        database.db
          .select()
          .from(messages)
          .where(and(eq(messages.journeyId, journey.id), eq(messages.step, step))),
      ),
    decision: (journey: { id: string }, step = 'first') =>
      one(
        database.db
          .select()
          .from(decisions)
          .where(and(eq(decisions.journeyId, journey.id), eq(decisions.step, step))),
      ),
    /** Waits until the step is decided so, and answers the decision. */
    decided: (journey: { id: string }, outcome: string, step = 'first', withinMs?: number) =>
      eventually(
        `${step} is ${outcome}`,
        async () => {
          const decision = await system.decision(journey, step);
          if (decision?.outcome === outcome) return decision;
          const { journeyId, reason, at, history } = decision ?? {};
          throw new Error(
            `it is ${decision?.outcome ?? 'undecided'}: ${JSON.stringify({ journeyId, reason, at, history })}`,
          );
        },
        withinMs,
      ),
    startWorker: async () => {
      worker = await startWorker({
        connection,
        namespace,
        client,
        taskQueue,
        bundle,
        database,
        log,
        settings,
        ports,
        maxCachedWorkflows: 200,
      });
    },
    stopWorker: async () => {
      await worker?.stop();
      worker = undefined;
    },
    stop: async () => {
      await api.close();
      await system.stopWorker();
      await ports.mailer.close();
      await database.close();
    },
  };
  for (const source of o.playbooks ?? []) await must('POST', '/v1/playbooks', { source });
  if (!o.withoutWorker) await system.startWorker();
  return system;
}

/** The one wait that no event ends: long enough for every retry that must not send to have come. */
export const whileNothingLeaves = (ms = 2_500) => delay(ms);
