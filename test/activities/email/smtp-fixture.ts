import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';
import { createSmtpMailer } from '../../../activities/email/smtp-mailer.ts';
import type { SmtpMailerOptions } from '../../../activities/email/smtp-mailer.ts';
import type { Mailer, OutgoingMail } from '../../../activities/ports.ts';

/** An SMTP reply as smtp-server sends it. */
export function reply(responseCode: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode });
}

/** A real SMTP server that keeps the raw mails it accepted; it ends with the test. */
export async function smtpServer(behaviour: SMTPServerOptions = {}) {
  const accepted: Buffer[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 50,
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        accepted.push(Buffer.concat(chunks));
        done(null, 'queued as 4XyZ for <someone@example.org>');
      });
    },
    ...behaviour,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return { accepted, server, port: (server.server.address() as AddressInfo).port };
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A mailer for that port; it is closed with the test. */
export function mailerFor(port: number, options: Partial<SmtpMailerOptions> = {}): Mailer {
  const mailer = createSmtpMailer({ url: `smtp://127.0.0.1:${port}`, ...options });
  onTestFinished(() => mailer.close());
  return mailer;
}

/** A mail with every part. */
export function mail(change: Partial<OutgoingMail> = {}): OutgoingMail {
  return {
    key: 'journey-1/welcome/0/contact-1/email',
    from: 'Tenure <hello@tenure.test>',
    to: 'ada@example.org',
    subject: 'Your assistant is set up',
    html: '<p>Hello — café</p>',
    text: 'Hello — café',
    messageId: '<abc@tenure.test>',
    headers: {},
    ...change,
  };
}

/** Options of a send that nobody recalls. */
export const within = (timeoutMs: number) => ({ signal: new AbortController().signal, timeoutMs });
