import { Agent } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PageNews } from '../../../activities/paging/pager.ts';
import { createPagerDuty } from '../../../activities/paging/pagerduty-pager.ts';
import { cert, pagerDutyServer } from './pagerduty-server.ts';

let server: Awaited<ReturnType<typeof pagerDutyServer>>;
let agent: Agent;
beforeAll(async () => {
  server = await pagerDutyServer();
  agent = new Agent({ ca: cert });
});
afterAll(async () => {
  agent.destroy();
  await server.stop();
});

const news: PageNews = {
  key: 'journey/page-on-call/1',
  journeyId: 'journey',
  role: 'on-call',
  severity: 'critical',
  title: 'An incident needs you',
  at: new Date('2026-03-02T15:00:00.000Z'),
  link: 'https://tenure.test/status',
};
const pager = (timeoutMs = 5_000, routingKey = 'a-routing-key') =>
  createPagerDuty({ routingKey, server: server.host, timeoutMs, agent });

describe('PagerDuty', () => {
  it('is told of a page, its acknowledgement and its end under one key', async () => {
    const before = server.events.length;
    expect(await pager().page(news)).toEqual({ is: 'taken' });
    expect(await pager().acknowledge(news)).toEqual({ is: 'taken' });
    expect(await pager().resolve(news)).toEqual({ is: 'taken' });
    const told = server.events.slice(before);
    expect(told.map((event) => event.event_action)).toEqual(['trigger', 'acknowledge', 'resolve']);
    expect(new Set(told.map((event) => event.dedup_key))).toEqual(new Set(['journey/page-on-call/1']));
    expect(told[0]).toMatchObject({
      routing_key: 'a-routing-key',
      payload: {
        summary: 'An incident needs you',
        source: 'tenure',
        severity: 'critical',
        component: 'on-call',
        timestamp: '2026-03-02T15:00:00.000Z',
      },
    });
  });

  it('says that an event it will never take is refused for good', async () => {
    expect(await pager(5_000, '').page(news)).toEqual({ is: 'refused', code: 'invalid-event' });
  });

  it('says later when it is down, and for how long when it was told', async () => {
    server.answer(503, { 'retry-after': '7' });
    expect(await pager().page(news)).toEqual({ is: 'later', code: 'status-503', afterMs: 7_000 });
    server.answer(500);
    expect(await pager().page(news)).toEqual({ is: 'later', code: 'status-500' });
  });

  it('waits once inside a 429 and is taken after it', async () => {
    const before = server.calls();
    server.answer(429);
    const began = performance.now();
    expect(await pager(10_000).page(news)).toEqual({ is: 'taken' });
    expect(server.calls() - before).toBe(2);
    expect(performance.now() - began).toBeGreaterThan(1_500);
  });

  it('gives up on silence in its time, and says later', async () => {
    server.hang();
    expect(await pager(300).page(news)).toEqual({ is: 'later', code: 'timed-out' });
    const nowhere = createPagerDuty({ routingKey: 'k', server: 'localhost:1', timeoutMs: 2_000, agent });
    expect(await nowhere.page(news)).toEqual({ is: 'later', code: 'unreachable' });
  });
});
