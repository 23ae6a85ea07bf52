import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accounts, broadcastItems, contacts, gates, messages, pages } from '../../../db/schema/index.ts';
import { startRig } from '../../../workers/rehearse/rig.ts';
import type { Rig } from '../../../workers/rehearse/rig.ts';
import type { Json } from '../../api/api-fixture.ts';
import { eventually } from '../../support/eventually.ts';
import { testGround } from '../../support/ground.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig(await testGround());
});
afterAll(() => rig.stop());

const soon = (what: string, check: () => Promise<void>) =>
  eventually(what, async () => {
    await check();
    return true;
  });
const post = async (url: string, body: object): Promise<Json> => {
  const answer = await rig.call<Json>('POST', url, body);
  if (answer.status >= 300) throw new Error(`${url}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
const pagesOf = (journeyId: string) => rig.database.db.select().from(pages).where(eq(pages.journeyId, journeyId));
const mailsOf = (journeyId: string) => rig.database.db.select().from(messages).where(eq(messages.journeyId, journeyId));

async function customers(count: number): Promise<string[]> {
  const prefix = randomUUID().slice(0, 8);
  const now = new Date();
  const ids = [...Array(count).keys()].map((i) => `${prefix}-${i}`);
  const rest = { name: 'Acme', plan: 'starter', timeZone: 'UTC', facts: {}, rev: 1, createdAt: now, updatedAt: now };
  const { db } = rig.database;
  await db.insert(accounts).values(ids.map((id) => ({ id, ...rest })));
  await db.insert(gates).values(ids.map((accountId) => ({ accountId })));
  await db
    .insert(contacts)
    .values(
      ids.map((id) => ({ id: randomUUID(), accountId: id, role: 'primary', position: 0, email: `${id}@acme.test` })),
    );
  return ids;
}

describe('an incident on the real clock', () => {
  it('calls once for a thousand alerts of a group, and tells the pager who took it', async () => {
    const alert = (n: number) => ({
      status: 'firing',
      labels: { alertname: 'Down', severity: 'critical' },
      fingerprint: `f${n}`,
    });
    const all = [...Array(1000).keys()].map(alert);
    const call = (from: number) =>
      post('/v1/hooks/alertmanager', {
        version: '4',
        groupKey: 'core',
        status: 'firing',
        commonAnnotations: { summary: 'High load on core' },
        alerts: all.slice(from, from + 100),
      });
    const answers = await Promise.all([...Array(10).keys()].map((k) => call(k * 100)));
    const [id] = [...new Set(answers.map((one) => String(one.incident)))];
    const incident = (await rig.call<Json>('GET', `/v1/incidents/${id}`)).body;
    await soon('the pager was called', async () =>
      expect(await pagesOf(incident.journey)).toMatchObject([{ told: 'triggered' }]),
    );
    const [page] = await pagesOf(incident.journey);
    expect(page).toMatchObject({ role: 'on-call', severity: 'critical', provider: 'embedded-pager', error: null });
    expect(page!.title).toBe(`An incident needs you: SEV-1 High load on core (${id})`);
    await soon('it was called by mail', async () => {
      const mails = (await mailsOf(incident.journey)).filter((one) => one.template === 'page');
      expect(mails).toMatchObject([{ state: 'sent', to: 'on-call@tenure.localhost' }]);
    });
    const tasks = (await rig.call<Json>('GET', `/v1/tasks?journey=${incident.journey}&ownerRole=on-call`)).body;
    expect(tasks.items).toMatchObject([{ step: 'page-on-call', state: 'open', data: { incident: id } }]);
    await post(`/v1/incidents/${id}/commands`, { command: 'acknowledge' });
    await soon('the pager knows who took it', async () =>
      expect(await pagesOf(incident.journey)).toMatchObject([{ told: 'acknowledged' }]),
    );
    await soon('the task is done', async () => {
      const after = (await rig.call<Json>('GET', `/v1/tasks?journey=${incident.journey}&ownerRole=on-call`)).body;
      expect(after.items).toMatchObject([{ state: 'completed' }]);
    });
    // Whether it is over is asked when no alert fires any more, and not while one does.
    const stopped = async () => {
      const { body } = await rig.call<Json>('GET', `/v1/tasks?journey=${incident.journey}&ownerRole=incident-lead`);
      return body.items
        .filter((one: Json) => one.step === 'alerts-stopped')
        .map((one: Json) => one.state)
        .sort();
    };
    const now = (alerts: object[], status: string) =>
      post('/v1/hooks/alertmanager', { version: '4', groupKey: 'core', status, alerts });
    const over = all.map((one) => ({ ...one, status: 'resolved' }));
    await now(over, 'resolved');
    await soon('it is asked whether it is over', async () => expect(await stopped()).toEqual(['open']));
    await now([alert(1)], 'firing');
    await soon('it is not over', async () => expect(await stopped()).toEqual(['completed']));
    await now([over[1]!], 'resolved');
    await soon('it is asked again', async () => expect(await stopped()).toEqual(['completed', 'open']));
  });

  it('has every affected account told once although the worker is stopped and started while it tells', async () => {
    const ids = await customers(60);
    const { journey } = await post('/v1/incidents', {
      title: 'Mails are late',
      severity: 'SEV-2',
      affected: { accounts: ids },
      message: 'We are looking into it.',
    });
    const told = async () => (await mailsOf(journey)).filter((one) => one.template === 'incident_notice');
    await soon('some are told', async () => expect((await told()).length).toBeGreaterThan(5));
    await rig.worker.stop();
    const again = await startRig(await testGround(), { same: rig.same });
    try {
      await soon('everybody is told', async () =>
        expect((await told()).filter((one) => one.state === 'sent')).toHaveLength(60),
      );
      expect(new Set((await told()).map((one) => one.to)).size).toBe(60);
      await soon('it is known of everybody', async () => {
        const items = await rig.database.db.select().from(broadcastItems);
        expect(items.filter((one) => ids.includes(one.accountId)).map((one) => one.outcome)).toEqual(
          Array(60).fill('sent'),
        );
      });
    } finally {
      await again.stop();
    }
  });
});
