import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aTrial, apiFixture } from '../api-fixture.ts';
import type { ApiFixture } from '../api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await apiFixture();
});
afterAll(() => api.close());

describe('GET /v1/journeys/:id/proof-of-notice', () => {
  it('is for staff and on record each time', async () => {
    const { journey } = await aTrial(api);
    const url = `/v1/journeys/${journey}/proof-of-notice`;
    for (const as of ['viewer', 'service'] as const) expect((await api.call('GET', url, { as })).status).toBe(403);
    for (const as of ['cs', 'admin'] as const)
      expect(await api.call('GET', `${url}?all`, { as })).toMatchObject({
        status: 200,
        body: { journey, playbook: '002.trial', notices: [], decisions: [] },
        headers: { 'cache-control': 'no-store' },
      });
    const { body } = await api.call('GET', `/v1/audit?target=journey:${journey}`);
    const reads = body.items.filter((row: { action: string }) => row.action === 'proof-of-notice.read');
    expect(reads).toMatchObject([{ actor: 'admin:test admin' }, { actor: 'cs:test cs', details: { all: true } }]);
  });

  it('knows only journeys that there are', async () => {
    expect(await api.call('GET', `/v1/journeys/${randomUUID()}/proof-of-notice`)).toMatchObject({
      status: 404,
      body: { code: 'unknown-journey' },
    });
  });
});
