import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRig } from '../../../workers/rehearse/rig.ts';
import type { Rig } from '../../../workers/rehearse/rig.ts';
import { testGround } from '../../support/ground.ts';
import type { Json } from '../api-fixture.ts';

const START = Date.UTC(2026, 2, 2, 15, 0);
const MINUTE = 60_000;
let rig: Rig;
beforeAll(async () => {
  rig = await startRig(await testGround(), { withoutWorker: true });
  rig.setNow(START);
});
afterAll(() => rig.stop());

const publicly = async (url: string) => {
  const answer = await rig.app.inject({ method: 'GET', url });
  return { text: answer.body, headers: answer.headers, status: answer.statusCode };
};
const post = async (url: string, body: object): Promise<Json> => (await rig.call<Json>('POST', url, body)).body;

it('shows public words alone: as a page, as JSON and as a feed, escaped, cached and without a key', async () => {
  const words = {
    title: 'Mails <b>late</b>',
    summary: 'INTERNAL: db-7 is down',
    message: 'We look & listen.\nSoon <more>.\u0001',
  };
  const opened = await post('/v1/incidents', { ...words, severity: 'SEV-1', key: 'INTERNAL-key' });
  const old = await post('/v1/incidents', { title: 'Old', severity: 'SEV-4', message: 'Odd.' });
  const business = { kind: 'business', class: 'financial-issue', title: 'INTERNAL: money' };
  await post('/v1/incidents', business);
  await post('/v1/incidents', { title: 'INTERNAL: nothing said yet' });
  rig.setNow(START + 10 * MINUTE);
  await post(`/v1/incidents/${old.id}/commands`, { command: 'resolve', verified: true });

  const json = await publicly('/v1/status');
  expect(json.headers['cache-control']).toBe('public, max-age=5');
  expect(JSON.parse(json.text)).toMatchObject({
    indicator: 'major',
    description: 'Major outage',
    incidents: [
      {
        id: opened.id,
        title: 'Mails <b>late</b>',
        status: 'Investigating',
        impact: 'major',
        nextUpdateAt: new Date(START + 20 * MINUTE).toISOString(),
        updates: [{ status: 'Investigating', message: 'We look & listen.\nSoon <more>.\u0001' }],
      },
    ],
    past: [{ id: old.id, title: 'Old', status: 'Resolved' }],
  });
  const page = await publicly('/status');
  expect(page.headers['content-type']).toContain('text/html');
  expect(page.headers['content-security-policy']).toMatch(/default-src 'none'; style-src 'sha256-/);
  expect(page.text).toContain('Mails &lt;b&gt;late&lt;/b&gt;');
  expect(page.text).toContain('We look &amp; listen.');
  expect(page.text).toMatch(/Next update by <time[^>]*>15:20 UTC/);
  expect(page.text).toContain('Resolved after 10 min');
  expect(page.text).not.toContain('<script');
  const feed = await publicly('/v1/status.atom');
  expect(feed.headers['content-type']).toContain('application/atom+xml');
  expect(feed.text.match(/<entry>/g)).toHaveLength(3);
  expect(feed.text).toMatch(/<author>\s*<name>Service status<\/name>/);
  expect(feed.text).toContain('Mails &lt;b&gt;late&lt;/b&gt;');
  expect(feed.text).toContain('We look &amp; listen.<br>Soon &lt;more&gt;.]]>');
  for (const { text } of [json, page, feed]) expect(text).not.toMatch(/INTERNAL|SEV-|admin|db-7/);

  // Within three seconds the database is not asked again; what it says later is seen after them.
  await post(`/v1/incidents/${opened.id}/commands`, { command: 'update', status: 'Identified', message: 'Found.' });
  expect((await publicly('/status')).text).toBe(page.text);
});
