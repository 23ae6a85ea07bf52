/**
 * Owns the SMTP conversation. Invariants: one recipient a mail; never throws for a provider's failure; says `refused` only
 * when no byte of the message left or the server answered 4xx/5xx, and `in-doubt` for everything else.
 */
import nodemailer from 'nodemailer';
import type { Readable } from 'node:stream';
import type { Mailer, OutgoingMail, SendOptions, SendResult } from '../ports.ts';
import { classifySmtpFailure } from './classify-smtp.ts';
import { providerKeyFor } from './message-id.ts';

/** DKIM signing by ourselves, for a relay that does not sign: PEM key, published at `<keySelector>._domainkey.<domainName>`. */
export interface DkimKey {
  domainName: string;
  keySelector: string;
  privateKey: string;
}

/** `url` is `smtp[s]://user:pass@host:port?requireTLS=true`; times in milliseconds. */
export interface SmtpMailerOptions {
  url: string;
  provider?: string;
  dkim?: DkimKey;
  maxConnections?: number;
  connectTimeoutMs?: number;
  greetingTimeoutMs?: number;
}

// RFC 8058 §4: the signature must cover both unsubscribe headers; the library's own list lacks the second.
const SIGNED_HEADERS =
  'From:Sender:Reply-To:Subject:Date:Message-ID:To:Cc:MIME-Version:Content-Type:Content-Transfer-Encoding:' +
  'Auto-Submitted:List-Unsubscribe:List-Unsubscribe-Post';

const ADDRESS = /^[^\s@<>(),;:"\\[\]]+@[^\s@<>(),;:"\\[\]]+$/;

/** A mailer over one SMTP server with a pool of connections. */
export function createSmtpMailer(options: SmtpMailerOptions): Mailer {
  const transport = nodemailer.createTransport({
    pool: true,
    url: options.url,
    maxConnections: options.maxConnections ?? 5,
    maxRequeues: 2,
    connectionTimeout: options.connectTimeoutMs ?? 5_000,
    greetingTimeout: options.greetingTimeoutMs ?? 5_000,
    dnsTimeout: options.connectTimeoutMs ?? 5_000,
    socketTimeout: 60_000,
    idleTimeout: 30_000,
    socketCloseTimeout: 1_000,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(options.dkim ? { dkim: { ...options.dkim, headerFieldNames: SIGNED_HEADERS } } : {}),
  });
  const bodies = new WeakMap<object, Readable[]>();
  transport.use('stream', (mail, next) => {
    const seen: Readable[] = [];
    bodies.set(mail.data.signal!, seen);
    const open = mail.message.createReadStream.bind(mail.message);
    mail.message.createReadStream = (...args) => {
      const body = open(...args);
      seen.push(body as Readable);
      return body;
    };
    next();
  });

  async function send(mail: OutgoingMail, o: SendOptions): Promise<SendResult> {
    if (!ADDRESS.test(mail.to)) return { state: 'refused', kind: 'invalid', code: 'invalid-address' };
    const stop = new AbortController();
    // The body is read only once the server has answered 354, so an unread body proves that nothing was handed over.
    const begun = () => (bodies.get(stop.signal) ?? []).some((body) => body.readableDidRead);
    let stoppedBy: 'timeout' | 'recalled' | undefined;
    const giveUp = (why: 'timeout' | 'recalled') => {
      stoppedBy ??= why;
      stop.abort();
    };
    const timer = setTimeout(() => giveUp('timeout'), o.timeoutMs);
    // A recall that comes after DATA would only turn an answer into a doubt: that send finishes.
    const recall = () => void (begun() || giveUp('recalled'));
    o.signal.addEventListener('abort', recall, { once: true });
    if (o.signal.aborted) recall();
    try {
      const info = await transport.sendMail({
        from: mail.from,
        to: { name: '', address: mail.to },
        subject: mail.subject,
        text: mail.text,
        ...(mail.html === undefined ? {} : { html: mail.html }),
        messageId: mail.messageId,
        headers: { 'Auto-Submitted': 'auto-generated', ...mail.headers },
        signal: stop.signal,
      });
      return {
        state: 'sent',
        providerId: info.serverMessageId ?? providerKeyFor(mail.key),
        receipt: withoutAddress(info.response, mail.to),
      };
    } catch (error) {
      return classifySmtpFailure({ ...factsOf(error, stoppedBy), begun: begun() });
    } finally {
      clearTimeout(timer);
      o.signal.removeEventListener('abort', recall);
    }
  }

  return {
    provider: options.provider ?? 'smtp',
    send,
    close: async () => transport.close(),
  };
}

function factsOf(error: unknown, stoppedBy: string | undefined) {
  const e = error as {
    code?: string;
    originalCode?: string;
    command?: string;
    responseCode?: number;
    response?: string;
  };
  return {
    errorCode: e.code,
    cause: e.code === 'EABORT' ? stoppedBy : (e.originalCode ?? e.code),
    command: e.command,
    responseCode: e.responseCode,
    response: e.response,
  };
}

function withoutAddress(words: string, to: string): string {
  const parts = to.split('@').filter((part) => part.length > 1);
  return parts
    .reduce((left, part) => left.replaceAll(part, '[…]'), words.replace(/[^\s<>]+@[^\s<>]+/g, '[…]'))
    .slice(0, 200);
}
