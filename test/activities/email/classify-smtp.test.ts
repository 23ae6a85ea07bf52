import { describe, expect, it } from 'vitest';
import { classifySmtpFailure } from '../../../activities/email/classify-smtp.ts';
import type { SmtpFailure } from '../../../activities/email/classify-smtp.ts';

const at = (command: string, response: string, begun = false): SmtpFailure => ({
  begun,
  command,
  response,
  responseCode: Number(response.slice(0, 3)),
  errorCode: 'EENVELOPE',
});

describe('an SMTP answer', () => {
  it.each([
    ['RCPT TO', '550 5.1.1 User unknown', 'hard-bounce'],
    ['RCPT TO', '550-5.1.1 The address does not exist\n550 5.1.1 Try again', 'hard-bounce'],
    ['RCPT TO', '550 5.2.1 Mailbox disabled', 'hard-bounce'],
    ['RCPT TO', '551 User not local', 'hard-bounce'],
    ['RCPT TO', '553 Mailbox name not allowed', 'hard-bounce'],
    ['RCPT TO', '554 No such mailbox', 'hard-bounce'],
    ['RCPT TO', '554 Client host blocked using a list', 'invalid'],
    ['RCPT TO', '550 Relay denied', 'invalid'],
    ['RCPT TO', '550 5.7.1 Not authorised', 'invalid'],
    ['RCPT TO', '550 5.1.8 Sender domain does not exist', 'invalid'],
    ['RCPT TO', '552 5.2.2 Over quota', 'temporary'],
    ['RCPT TO', '503 Bad sequence', 'temporary'],
    ['RCPT TO', '501 5.5.4 Syntax', 'invalid'],
    ['RCPT TO', '450 4.2.0 Greylisted', 'temporary'],
    ['RCPT TO', '452 4.2.2 Over quota', 'temporary'],
    ['RCPT TO', '421 4.7.28 Unusual rate of mail', 'rate-limited'],
    ['MAIL FROM', '550 5.1.1 Sender unknown', 'invalid'],
    ['MAIL FROM', '451 Try later', 'temporary'],
    ['MAIL FROM', '530 5.7.0 Authentication required', 'unavailable'],
    ['AUTH PLAIN', '454 4.7.0 Temporary failure', 'unavailable'],
    ['CONN', '421 Shutting down', 'unavailable'],
    ['CONN', '554 No SMTP service here', 'unavailable'],
    ['DATA', '550 Content rejected', 'invalid'],
    ['DATA', '550 5.1.1 User unknown', 'hard-bounce'],
    ['DATA', '451 4.3.0 Queue full', 'temporary'],
  ])('%s → %s is refused as %s, whether the message had begun or not', (command, response, kind) => {
    expect(classifySmtpFailure(at(command, response))).toMatchObject({ state: 'refused', kind });
    expect(classifySmtpFailure(at(command, response, true))).toMatchObject({ state: 'refused', kind });
  });

  it.each([
    ['451 Greylisted, please retry in 300 seconds', 300_000],
    ['451 Try again after 2 hours', 7_200_000],
    ['451 Try again later', undefined],
  ])('%s: comes back after %s ms', (response, retryAfterMs) => {
    const result = classifySmtpFailure(at('RCPT TO', response));
    expect(result.state === 'refused' && result.retryAfterMs).toBe(retryAfterMs);
  });
});

describe('no answer', () => {
  it.each(['ETIMEDOUT', 'ECONNECTION', 'ESOCKET', 'ESTREAM', 'EABORT', undefined])(
    '%s proves only what came before',
    (code) => {
      expect(classifySmtpFailure({ begun: false, errorCode: code })).toMatchObject({
        state: 'refused',
        kind: 'unavailable',
      });
      expect(classifySmtpFailure({ begun: true, errorCode: code })).toMatchObject({ state: 'in-doubt' });
    },
  );

  it('an answer that is neither 2xx nor 4xx nor 5xx proves nothing after DATA', () => {
    expect(classifySmtpFailure(at('DATA', '354 Go on', true))).toMatchObject({ state: 'in-doubt' });
  });
});
