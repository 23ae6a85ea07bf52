import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { ProofOfNotice } from '../../../api/journeys/proof-of-notice.ts';
import { testGround } from '../../support/ground.ts';
import { beginStory } from '../story/story.ts';
import type { Story } from '../story/story.ts';
import { people } from './personas.ts';

export type Journey = { id: string; playbook: string; state: string; outcome: string | null };
export type Task = { step: string | null; title: string; ownerRole: string; state: string; createdAt: string };

/** The renewals of one account in New York, from `start` on. */
export type RenewalStory = Story & {
  journey: string;
  post<T = unknown>(url: string, body: unknown): Promise<T>;
  get<T>(url: string): Promise<T>;
  journeys(playbook: string): Promise<Journey[]>;
  proof(journey?: string): Promise<ProofOfNotice>;
  tasks(): Promise<Task[]>;
};

/** Stores the account and starts its renewal by hand, as the sweep would. */
export async function renewalStory(start: number, facts: Record<string, unknown>): Promise<RenewalStory> {
  // Runs of all tests share one engine.
  const account = `lakeside-${randomUUID().slice(0, 8)}`;
  const story = await beginStory(await testGround(), account, start);
  onTestFinished(() => story.stop());
  const call = async <T>(method: 'GET' | 'PUT' | 'POST', url: string, body?: unknown): Promise<T> => {
    const answer = await story.rig.call<T>(method, url, body);
    if (answer.status >= 300) throw new Error(`${method} ${url}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await call('PUT', `/v1/accounts/${account}`, {
    ...{ name: 'Lakeside Outfitters', plan: 'professional', timeZone: 'America/New_York', contacts: people, facts },
  });
  const { id } = await call<{ id: string }>('POST', '/v1/journeys', { playbook: '001.renewal-reminders', account });
  const get = <T>(url: string) => call<T>('GET', url);
  return {
    ...story,
    journey: id,
    get,
    post: (url, body) => call('POST', url, body),
    journeys: async (playbook) =>
      (await get<{ items: Journey[] }>(`/v1/journeys?account=${account}&limit=100`)).items
        .filter((one) => one.playbook === playbook)
        .reverse(),
    proof: (journey = id) => get(`/v1/journeys/${journey}/proof-of-notice`),
    tasks: async () => (await get<{ items: Task[] }>(`/v1/tasks?account=${account}&limit=200`)).items,
  };
}
