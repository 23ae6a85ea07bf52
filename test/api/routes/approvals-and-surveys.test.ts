import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { anAccount, freshId } from '../api-fixture.ts';
import { eventually, workingApi } from '../worker-fixture.ts';
import type { WorkingApi } from '../worker-fixture.ts';

const DAY = 86_400_000;
let api: WorkingApi;
const asked = {
  id: '901.asked',
  kind: 'onboarding',
  title: 'Asked',
  summary: 'A letter that needs an approval, a survey and a meeting.',
  fulfils: ['001.onboarding.starter'],
  reads: { facts: {}, metrics: {}, events: {} },
  stages: [
    {
      id: 'only',
      title: 'Only',
      enter: 'journey',
      steps: [
        {
          ...{ id: 'letter', kind: 'message', title: 'Letter', class: 'service', channel: 'email' },
          due: { window: 'none' },
          template: 'edited_words',
          data: { heading: '"A word"', paragraphs: '["How is it going?", "Grace"]' },
          approval: { by: 'ceo', within: 'PT4H', otherwise: 'drop' },
        },
        {
          ...{ id: 'survey', kind: 'survey', title: 'Survey', class: 'service', channel: 'email' },
          due: { window: 'none' },
          template: 'exit_survey',
          survey: { question: 'How <likely> is it?', from: 0, to: 10 },
          open: { expires: { after: 'P5D' } },
        },
        {
          ...{ id: 'meeting', kind: 'meeting', title: 'Kick-off', class: 'service', due: { window: 'none' } },
          task: { owner: 'csm', instructions: 'Meet them.', sla: 'P2D' },
          open: { expires: { after: 'P5D' }, otherwise: 'missed' },
        },
        {
          ...{ id: 'later', kind: 'message', title: 'Later', class: 'service', channel: 'email' },
          due: { after: 'P9D', window: 'none' },
          template: 'edited_words',
          data: { heading: '"Later"', paragraphs: '["x"]' },
        },
      ],
    },
  ],
};

let account: string;
let journey: string;
beforeAll(async () => {
  api = await workingApi();
  const published = await api.call('POST', '/v1/playbooks', { body: { source: stringify(asked) } });
  expect([200, 201], published.text).toContain(published.status);
  account = freshId();
  await api.call('PUT', `/v1/accounts/${account}`, { body: anAccount() });
  const answer = await api.call('POST', '/v1/journeys', { body: { playbook: asked.id, account } });
  expect(answer.status, answer.text).toBe(201);
  journey = answer.body.id;
});
afterAll(() => api.close());

const list = async (of: string, query = '') =>
  (await api.call('GET', `/v1/${of}?journey=${journey}${query}`, { as: 'viewer' })).body.items;
const command = (body: Record<string, unknown>) =>
  api.call('POST', `/v1/journeys/${journey}/commands`, { as: 'cs', body: { reason: 'a test', ...body } });
const explained = async (step: string) =>
  (await api.call('GET', `/v1/journeys/${journey}/explain?step=${step}`)).body.items.at(-1);

describe('a message that waits for approval', () => {
  test('is listed with its words, edited, approved and sent in the words of the edit', async () => {
    const [waiting] = await eventually(async () => {
      const items = await list('approvals');
      return items.length > 0 && items;
    });
    expect(waiting).toMatchObject({ step: 'letter', role: 'ceo', subject: 'A word', state: 'waiting', edited: false });
    expect((await api.call('GET', `/v1/approvals/${waiting.id}`)).body).toMatchObject({ title: 'Letter' });
    expect(await list('tasks', '&kind=approval')).toMatchObject([
      { link: `http://api.test/v1/approvals/${waiting.id}`, ownerRole: 'ceo', state: 'open' },
    ]);
    const held = await explained('letter');
    expect(held).toMatchObject({ outcome: 'held', reason: 'approval' });
    const next = { step: 'letter', at: held.details.recheck };
    expect((await api.call('GET', `/v1/journeys?account=${account}`)).body.items).toMatchObject([{ next }]);
    expect((await api.call('GET', `/v1/journeys/${journey}`)).body).toMatchObject({ next });
    const edit = { command: 'edit', step: 'letter', subject: 'Another word', text: 'How are you?' };
    expect(
      (
        await eventually(async () => {
          const a = await command(edit);
          return a.status === 200 && a;
        })
      ).status,
    ).toBe(200);
    expect((await list('approvals'))[0]).toMatchObject({ subject: 'Another word', text: 'How are you?', edited: true });
    const approved = await command({ command: 'approve', step: 'letter' });
    expect(approved.status, approved.text).toBe(200);
    const sent = await eventually(async () => {
      const items = await list('messages', '&state=sent');
      return items.find((one: { step: string }) => one.step === 'letter');
    });
    expect(sent).toMatchObject({ subject: 'Another word', text: 'How are you?' });
    expect(await list('approvals')).toEqual([]);
    expect(await list('tasks', '&kind=approval')).toMatchObject([{ state: 'completed' }]);
    expect((await command({ command: 'approve', step: 'letter' })).body).toMatchObject({
      code: 'not-awaiting-approval',
    });
  });
});

describe('a survey', () => {
  test('asks on a page without signing in, takes one answer, and refuses what is not one', async () => {
    const mail = await eventually(async () => {
      const items = await list('messages', '&state=sent');
      return items.find((one: { step: string }) => one.step === 'survey');
    });
    const path = /http:\/\/api\.test(\/s\/[\w-]+)/.exec(mail.text)![1]!;
    const form = await api.call('GET', path, { as: null });
    expect(form.status).toBe(200);
    expect(form.text).toContain('How &lt;likely&gt; is it?');
    expect(form.text.match(/type="radio"/g)).toHaveLength(11);
    expect(await list('surveys')).toMatchObject([{ state: 'open', score: null }]);
    expect((await api.call('GET', `${path.slice(0, -2)}AA`, { as: null })).status).toBe(404);
    const post = (payload: string) =>
      api.call('POST', path, {
        as: null,
        body: payload,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    expect((await post('score=12')).status).toBe(400);
    expect((await post('')).status).toBe(400);
    const thanks = await post('score=9&comment=It+works');
    expect([thanks.status, thanks.text.includes('Thank you')]).toEqual([200, true]);
    expect((await post('score=1')).status).toBe(409);
    expect((await api.call('GET', path, { as: null })).status).toBe(409);
    const [survey] = await list('surveys', '&state=answered');
    expect(survey).toMatchObject({ score: 9, comment: 'It works', answeredBy: expect.stringMatching(/^contact:/) });
    const again = await api.call('POST', `/v1/surveys/${survey.id}/answer`, { as: 'cs', body: { score: 3 } });
    expect([again.status, again.body.code]).toEqual([409, 'already-decided']);
    expect(
      (await api.call('POST', `/v1/surveys/${survey.id}/answer`, { as: 'viewer', body: { score: 3 } })).status,
    ).toBe(403);
    expect(await explained('survey')).toMatchObject({ outcome: 'answered' });
  });
});

describe('a meeting', () => {
  test('is booked and held over the API, and shown with its date', async () => {
    const [task] = await eventually(async () => {
      const items = await list('tasks', '&kind=meeting');
      return items.length > 0 && items;
    });
    const at = new Date(Date.now() + DAY).toISOString();
    const past = await api.call('POST', `/v1/tasks/${task.id}/book`, {
      as: 'cs',
      body: { at: '2020-01-01T00:00:00Z' },
    });
    expect([past.status, past.body.code]).toEqual([422, 'invalid-date']);
    const booked = await api.call('POST', `/v1/tasks/${task.id}/book`, { as: 'cs', body: { at } });
    expect(booked.body).toMatchObject({ bookedFor: at, state: 'open', kind: 'meeting' });
    const complete = (outcome: string) =>
      api.call('POST', `/v1/tasks/${task.id}/complete`, { as: 'cs', body: { outcome } });
    expect((await complete('held')).body).toMatchObject({ state: 'completed', outcome: 'held' });
    expect((await complete('no-show')).body).toMatchObject({ code: 'already-decided' });
    expect(await explained('meeting')).toMatchObject({
      outcome: 'held',
      reason: 'meeting-held',
      words: 'The meeting took place.',
    });
  });
});

describe('an account', () => {
  test('shows its journeys, open holds and next touches in order', async () => {
    const held = await api.call('POST', '/v1/holds', {
      as: 'cs',
      body: { account, level: 'sev1', reason: 'an outage' },
    });
    expect(held.status).toBe(201);
    const { body } = await api.call('GET', `/v1/accounts/${account}`, { as: 'viewer' });
    expect(body.journeys).toMatchObject([{ id: journey, playbook: asked.id }]);
    expect(body.holds).toMatchObject([{ id: held.body.id, level: 'sev1' }]);
    expect(body.next).toMatchObject([{ journey, playbook: asked.id, step: 'later', title: 'Later', class: 'service' }]);
  });

  test('shows what waits though it was due; is told at once what staff have run, and the decision says so', async () => {
    await api.call('POST', '/v1/holds', { as: 'cs', body: { account: freshId(), reason: 'nobody' } });
    const [hold] = (await api.call('GET', `/v1/holds?account=${account}`)).body.items;
    expect((await command({ command: 'run-now', step: 'later' })).status).toBe(200);
    await eventually(async () => (await explained('later')).outcome === 'held');
    expect((await api.call('GET', `/v1/accounts/${account}`)).body.next).toMatchObject([
      { journey, step: 'later', held: 'outranked', hold: hold.id, level: 'sev1' },
    ]);
    await api.call('POST', `/v1/holds/${hold.id}/release`, { as: 'cs', body: { reason: 'over' } });
    expect((await command({ command: 'run-now', step: 'later' })).status).toBe(200);
    await eventually(async () => (await explained('later')).outcome === 'sent');
    expect(await explained('later')).toMatchObject({ reason: 'run-now', words: 'Staff had it run at once.' });
  });
});
