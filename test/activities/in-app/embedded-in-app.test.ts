import { expect, it } from 'vitest';
import { createEmbeddedInApp } from '../../../activities/in-app/embedded-in-app.ts';

it('says sent, with the same provider id at every repeat', async () => {
  const sender = createEmbeddedInApp();
  const message = { key: 'journey-1/tour/0/contact-1/in-app', to: 'contact-1', title: 'Tour', text: 'Start' };
  const o = { signal: new AbortController().signal, timeoutMs: 1_000 };
  const first = await sender.send(message, o);
  expect(first).toMatchObject({ state: 'sent', receipt: 'waits to be fetched over the API' });
  expect(await sender.send(message, o)).toEqual(first);
});
