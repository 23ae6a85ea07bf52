import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import { createKernel } from '../../workflows/kernel/create-kernel.ts';
import { rulesOf } from '../../workflows/rules/rules-of.ts';
import { readJourney } from '../../db/queries/journeys/read-journey.ts';
import { timeSkipping } from '../../temporal-config/time-skipping.ts';
import type { Rig } from '../../workers/rehearse/rig.ts';

export type Message = {
  id: string;
  at: string;
  channel: string;
  to: string;
  subject: string | null;
  template: string;
  state: string;
  journey: string;
  step: string;
  text: string;
};
export type Decision = { step: string; outcome: string; reason: string; at: string };
export type Started = { id: string; state: string; temporal: { workflowId: string; runId: string } };

/** Stores an account of the test's own and answers its id. */
export async function putAccount(rig: Rig, given: Record<string, unknown> = {}): Promise<string> {
  const id = `acc-${randomUUID().slice(0, 12)}`;
  const contacts = [
    { role: 'primary', email: `${id}@example.com`, phone: '+12125550147', consent: { email: true, sms: true } },
  ];
  const { status } = await rig.call('PUT', `/v1/accounts/${id}`, {
    name: 'Lakeside',
    plan: 'starter',
    timeZone: 'America/New_York',
    contacts,
    ...given,
  });
  expect(status).toBe(201);
  return id;
}

/** Starts a journey and waits until nothing of it is in flight. */
export async function startTrial(rig: Rig, account: string, given: Record<string, unknown> = {}): Promise<Started> {
  const { status, body } = await rig.call<Started>('POST', '/v1/journeys', {
    playbook: '002.trial',
    account,
    ...given,
  });
  expect([200, 201]).toContain(status);
  await atRest(rig, body.temporal.workflowId);
  return body;
}

/** Waits until the run neither works nor waits for a worker, or has closed. */
export async function atRest({ client }: Rig, workflowId: string): Promise<void> {
  const busy = async () => {
    const { status, raw } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' && ((raw.pendingActivities?.length ?? 0) > 0 || Boolean(raw.pendingWorkflowTask));
  };
  await vi.waitUntil(async () => !(await busy()), { timeout: 180_000, interval: 30 });
}

/** Lets a run of a shifted rig live until the virtual instant `at`, and the rig's own clock with it. */
export async function liveUntil(
  rig: Rig,
  journey: Pick<Started, 'temporal'>,
  at: number,
  shift: number,
): Promise<void> {
  await timeSkipping(rig.client).fastForwardTo(journey.temporal.workflowId, at - shift);
  rig.setNow(at);
  await atRest(rig, journey.temporal.workflowId);
}

export const messagesOf = async (rig: Rig, account: string): Promise<Message[]> =>
  (await rig.call<{ items: Message[] }>('GET', `/v1/messages?account=${account}&limit=100`)).body.items;

export const explain = async (rig: Rig, journey: string): Promise<Decision[]> => {
  const { body } = await rig.call<{ items?: Decision[] } | Decision[]>('GET', `/v1/journeys/${journey}/explain`);
  return Array.isArray(body) ? body : (body.items ?? []);
};

/** The journey's row with its kernel. */
export async function readRow(rig: Rig, journey: string) {
  const row = (await readJourney(rig.database.db, journey))!;
  return { row, kernel: createKernel(row.timetable, rulesOf(row.kind)) };
}
