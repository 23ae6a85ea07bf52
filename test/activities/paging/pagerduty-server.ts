import { createServer } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A pair of its own for localhost; it protects nothing. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgniYGPsUe6kEg8tJL
bICFV2mEYhEmW5TWhTPD9Jmhh9OhRANCAASQNBHj/HiKRvmg/G26IEuAY3ZCgYm5
KAeK0l4QMgFfrBnwjpV8QZNYFjzZ/3fbA6sCccI4bUSWoAcU59/bV6Hq
-----END PRIVATE KEY-----`;
export const cert = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUJot2oMGNfKYO7w3Z3RevbeZSxvkwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjAyMDIzNloYDzIxMjYxMDI5
MDIwMjM2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASQNBHj/HiKRvmg/G26IEuAY3ZCgYm5KAeK0l4QMgFfrBnwjpV8QZNY
FjzZ/3fbA6sCccI4bUSWoAcU59/bV6Hqo28wbTAdBgNVHQ4EFgQUsSOM2KisHeQ9
2RsG7LEaLLTC3YUwHwYDVR0jBBgwFoAUsSOM2KisHeQ92RsG7LEaLLTC3YUwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAMb+H0daj7yvoF00nMy2c9c9tsTTP8PDaQHkmbYar6VCAiAQ
shcPaJ3QaeJhbGOBrE+VhI7zT/kN92yvfoYbq+8Iiw==
-----END CERTIFICATE-----`;

export type Event = {
  routing_key: string;
  event_action: string;
  dedup_key: string;
  payload: { summary: string; source: string; severity: string; timestamp: string; component: string };
};

/** The Events API v2 as its documentation describes it: one alert a key. What the next calls answer can be set. */
export async function pagerDutyServer() {
  const events: Event[] = [];
  const next: ((response: ServerResponse) => void)[] = [];
  let calls = 0;
  const json = (response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const server = createServer({ key, cert }, (request, response) => {
    calls++;
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const answer = next.shift();
      if (answer) return answer(response);
      const event = JSON.parse(text) as Event;
      const known = ['trigger', 'acknowledge', 'resolve'].includes(event.event_action);
      const whole =
        known && event.routing_key && event.payload?.summary && event.payload.source && event.payload.severity;
      if (request.url !== '/v2/enqueue' || !whole)
        return json(response, 400, { status: 'invalid event', message: 'Event object is invalid', errors: ['…'] });
      events.push(event);
      return json(response, 202, { status: 'success', message: 'Event processed', dedup_key: event.dedup_key });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    events,
    calls: () => calls,
    /** The next call is answered so, and not looked at. */
    answer: (status: number, headers: Record<string, string> = {}) =>
      void next.push((response) => json(response, status, { status: 'error' }, headers)),
    /** The next call is never answered. */
    hang: () => void next.push(() => undefined),
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
