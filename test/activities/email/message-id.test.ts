import { expect, it } from 'vitest';
import { createEmbeddedMailer } from '../../../activities/email/embedded-mailer.ts';
import { messageIdFor } from '../../../activities/email/message-id.ts';
import { mail, within } from './smtp-fixture.ts';

it('gives one key one id, two keys two, and reveals neither', () => {
  const id = messageIdFor('journey-1/welcome/0/contact-1/email', 'tenure.test');
  expect(id).toBe(messageIdFor('journey-1/welcome/0/contact-1/email', 'tenure.test'));
  expect(id).not.toBe(messageIdFor('journey-1/welcome/1/contact-1/email', 'tenure.test'));
  expect(id).toMatch(/^<[0-9a-f]{40}@tenure\.test>$/);
});

it('the embedded mailer says sent, with the same provider id at every repeat', async () => {
  const mailer = createEmbeddedMailer();
  const first = await mailer.send(mail(), within(1_000));
  expect(first).toMatchObject({ state: 'sent', providerId: expect.stringMatching(/^embedded-[0-9a-f]{40}$/) });
  expect(await mailer.send(mail(), within(1_000))).toEqual(first);
});
