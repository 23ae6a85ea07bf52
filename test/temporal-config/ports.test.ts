import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../temporal-config/ports.ts';

async function listenOn(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

it('answers a port that can be listened on', async () => {
  const free = 20_000 + (process.pid % 10_000);
  const taken = await freePort(free);
  expect(taken).toBeGreaterThanOrEqual(free);
  expect(await listenOn(taken)).toBe(taken);
});

it('takes one of the next ports when the preferred one is busy', async () => {
  const busy = await listenOn(0);
  const next = await freePort(busy);
  expect(next).toBeGreaterThan(busy);
  expect(next).toBeLessThan(busy + 200);
});

it('leaves out ports that are spoken for', async () => {
  const busy = await listenOn(0);
  const spokenFor = busy + 1;
  expect(await freePort(busy, '127.0.0.1', [spokenFor])).not.toBe(spokenFor);
});
