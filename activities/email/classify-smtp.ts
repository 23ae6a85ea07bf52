import type { RefusalKind, SendResult } from '../ports.ts';

/** What is known of a failed SMTP send; `begun` is true once a byte of the message may have left. */
export interface SmtpFailure {
  begun: boolean;
  errorCode?: string;
  cause?: string;
  command?: string;
  responseCode?: number;
  response?: string;
}

/**
 * Says what a failed SMTP send proves: a 4xx or 5xx answer, or any failure before the message began, proves not-sent;
 * silence or a lost connection after it began proves nothing.
 */
export function classifySmtpFailure(failure: SmtpFailure): Exclude<SendResult, { state: 'sent' }> {
  const { responseCode } = failure;
  if (responseCode !== undefined && responseCode >= 400 && responseCode < 600)
    return classifyReply(failure, responseCode);
  if (failure.begun)
    return { state: 'in-doubt', code: `after-data-${slug(failure.cause ?? failure.errorCode ?? 'silence')}` };
  if (failure.errorCode === 'EENVELOPE') return { state: 'refused', kind: 'invalid', code: 'invalid-address' };
  if (failure.errorCode === 'EMESSAGE') return { state: 'refused', kind: 'invalid', code: 'message-too-large' };
  return { state: 'refused', kind: 'unavailable', code: slug(failure.cause ?? failure.errorCode ?? 'unknown') };
}

function classifyReply(failure: SmtpFailure, reply: number): Exclude<SendResult, { state: 'sent' }> {
  const words = failure.response ?? '';
  const status = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(words)?.[1];
  const kind = kindOf(failure.command ?? '', reply, status, words.toLowerCase());
  const retryAfterMs = kind === 'temporary' || kind === 'rate-limited' ? retryAfter(words) : undefined;
  return {
    state: 'refused',
    kind,
    code: `smtp-${reply}${status ? `-${status}` : ''}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function kindOf(command: string, reply: number, status: string | undefined, words: string): RefusalKind {
  const slowDown = /\brate\b|throttl|slow down|too many (connections|messages|mails|requests|recipients)/.test(words);
  if (reply < 500 && (slowDown || status === '4.7.28')) return 'rate-limited';
  const aboutMessage = command === 'MAIL FROM' || command === 'RCPT TO' || command === 'DATA';
  if (!aboutMessage || reply === 421 || reply === 530) return 'unavailable';
  if (reply < 500 || reply === 503) return 'temporary';
  if (status?.startsWith('5.2.2')) return 'temporary';
  if (command === 'MAIL FROM') return 'invalid';
  if (status) return isDeadMailbox(status) ? 'hard-bounce' : 'invalid';
  if (command === 'DATA') return 'invalid';
  const aboutSender = /spam|block|black ?list|policy|reput|relay|denied|dmarc|spf|dkim|client host|authenticat/.test(
    words,
  );
  return [550, 551, 553, 554].includes(reply) && !aboutSender ? 'hard-bounce' : 'invalid';
}

/** RFC 3463: 5.1.x is about the recipient's address, but for .7 and .8, which blame the sender's; 5.2.1 is a closed mailbox. */
function isDeadMailbox(status: string): boolean {
  return (/^5\.1\./.test(status) && status !== '5.1.7' && status !== '5.1.8') || status === '5.2.1';
}

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };

function retryAfter(words: string): number | undefined {
  const found = /(?:in|after)\s+(\d{1,4})\s*(s|m|h)(?:ec|in|our|r)?[a-z]*/i.exec(words);
  return found ? Number(found[1]) * UNIT_MS[found[2]!.toLowerCase()]! : undefined;
}

function slug(code: string): string {
  return code.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
