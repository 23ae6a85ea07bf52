import { expect, it } from 'vitest';
import { createEmbeddedSms } from '../../../activities/sms/embedded-sms.ts';

it('says sent, with the same provider id at every repeat and no number in it', async () => {
  const sender = createEmbeddedSms();
  const sms = { key: 'journey-1/sms/0/contact-1/sms', to: '+15550100', text: 'Ready' };
  const o = { signal: new AbortController().signal, timeoutMs: 1_000 };
  const first = await sender.send(sms, o);
  expect(first).toMatchObject({ state: 'sent' });
  expect(await sender.send(sms, o)).toEqual(first);
  expect(JSON.stringify(first)).not.toContain('5550100');
});
