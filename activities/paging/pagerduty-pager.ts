import type { Agent } from 'node:https';
import * as pagerduty from '@pagerduty/pdjs';
import type { PageNews, Pager, PagerAnswer } from './pager.ts';

export type PagerDutyOptions = {
  /** Integration key of an Events API v2 integration. */
  routingKey: string;
  /** Host of the Events API; Europe has its own. */
  server?: string;
  source?: string;
  timeoutMs?: number;
  agent?: Agent;
};

type Action = 'trigger' | 'acknowledge' | 'resolve';

const RETRY_INSIDE_MS = 2_000;

/** PagerDuty's Events API v2: one alert a key. Its answer decides: 202 taken, 400 refused, anything else later. */
export function createPagerDuty(o: PagerDutyOptions): Pager {
  const { routingKey, server = 'events.pagerduty.com', source = 'tenure', timeoutMs = 10_000, agent } = o;

  const tell = async (action: Action, news: PageNews): Promise<PagerAnswer> => {
    const event = {
      server,
      // The client's own time-out does nothing, and it waits for a 429 by itself: the signal bounds the whole.
      requestTimeout: 0,
      retryTimeout: RETRY_INSIDE_MS,
      signal: AbortSignal.timeout(timeoutMs),
      ...(agent ? { agent } : {}),
      data: {
        routing_key: routingKey,
        event_action: action,
        dedup_key: news.key.slice(0, 255),
        payload: {
          summary: news.title.slice(0, 1024),
          source,
          severity: news.severity,
          timestamp: news.at.toISOString(),
          component: news.role,
        },
        links: [{ href: news.link, text: 'Tenure' }],
      },
    };
    try {
      const { status, headers } = (await pagerduty.event(event)).response;
      if (status === 202) return { is: 'taken' };
      if (status === 400) return { is: 'refused', code: 'invalid-event' };
      const after = Number(headers.get('retry-after'));
      return {
        is: 'later',
        code: status === 429 ? 'rate-limited' : `status-${status}`,
        ...(after > 0 ? { afterMs: after * 1000 } : {}),
      };
    } catch (error) {
      return { is: 'later', code: (error as Error).name === 'AbortError' ? 'timed-out' : 'unreachable' };
    }
  };

  return {
    provider: 'pagerduty',
    page: (news) => tell('trigger', news),
    acknowledge: (news) => tell('acknowledge', news),
    resolve: (news) => tell('resolve', news),
  };
}
