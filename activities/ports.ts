/** What a provider answered, in the only three states the ledger knows; neither `code` nor `receipt` holds personal data. */
export type SendResult =
  | { state: 'sent'; providerId: string; receipt: string }
  | { state: 'refused'; kind: RefusalKind; code: string; retryAfterMs?: number }
  | { state: 'in-doubt'; code: string };

/** Why a message is proven not sent; only `hard-bounce` says anything about the address. */
export type RefusalKind = 'hard-bounce' | 'invalid' | 'temporary' | 'rate-limited' | 'unavailable';

/** One mail ready to leave; `messageId` is `messageIdFor(key, domain)`, `to` one bare address. */
export interface OutgoingMail {
  key: string;
  from: string;
  to: string;
  subject: string;
  html?: string;
  text: string;
  messageId: string;
  headers: Record<string, string>;
}

/** One text message; `to` is the number as the provider wants it. */
export interface OutgoingSms {
  key: string;
  to: string;
  text: string;
}

/** One message inside the product; `to` is the opaque contact id. */
export interface OutgoingInApp {
  key: string;
  to: string;
  title: string;
  text: string;
}

/** `timeoutMs` bounds the whole send; an abort recalls what the provider has not begun to take. */
export interface SendOptions {
  signal: AbortSignal;
  timeoutMs: number;
}

/** Sends mail and never throws for a provider's failure: it says what is proven. */
export interface Mailer {
  readonly provider: string;
  send(mail: OutgoingMail, o: SendOptions): Promise<SendResult>;
  close(): Promise<void>;
}

/** Sends text messages under the same rules as `Mailer`. */
export interface SmsSender {
  readonly provider: string;
  send(sms: OutgoingSms, o: SendOptions): Promise<SendResult>;
}

/** Puts a message before the customer inside the product, under the same rules as `Mailer`. */
export interface InAppSender {
  readonly provider: string;
  send(message: OutgoingInApp, o: SendOptions): Promise<SendResult>;
}

/** Milliseconds since the epoch: real time, or the virtual time of a rehearsal. */
export interface Clock {
  now(): number;
}
