/**
 * Every error that leaves the system: code → HTTP status, title, whether repeating the same request may succeed.
 * docs/errors.md and openapi.json are held equal to this table by a test.
 */
export const errors = {
  'invalid-request': { status: 400, title: 'The request does not have the form asked for', retryable: false },
  'idempotency-key-invalid': {
    status: 400,
    title: 'Idempotency-Key must be 1 to 255 printable characters, in quotes or bare',
    retryable: false,
  },
  unauthorized: { status: 401, title: 'No valid API key', retryable: false },
  forbidden: { status: 403, title: 'The API key lacks the scope', retryable: false },
  'not-found': { status: 404, title: 'There is no such route', retryable: false },
  'unknown-account': { status: 404, title: 'There is no such account', retryable: false },
  'unknown-journey': { status: 404, title: 'There is no such journey', retryable: false },
  'unknown-playbook': { status: 404, title: 'There is no such playbook or version', retryable: false },
  'unknown-model': { status: 404, title: 'There is no such score model or version', retryable: false },
  'unknown-incident': { status: 404, title: 'There is no such incident', retryable: false },
  'unknown-step': { status: 404, title: 'The journey has no such step', retryable: false },
  'unknown-item': {
    status: 404,
    title: 'There is no such task, offer, hold, stop, message, schedule or bulk command',
    retryable: false,
  },
  'method-not-allowed': { status: 405, title: 'The address does not take this method', retryable: false },
  'incident-refused': { status: 409, title: 'The incident cannot do that now', retryable: false },
  'command-refused': { status: 409, title: 'The journey cannot do that now', retryable: false },
  'journey-ended': { status: 409, title: 'The journey has ended', retryable: false },
  'changed-since-preview': { status: 409, title: 'The journey has changed since it was shown', retryable: false },
  'already-decided': { status: 409, title: 'Somebody was first', retryable: false },
  'request-in-progress': { status: 409, title: 'The same Idempotency-Key is still being worked on', retryable: true },
  'reentry-refused': { status: 409, title: 'The playbook does not let this account enter again', retryable: false },
  'not-configured': { status: 409, title: 'This deployment has not been set up for that', retryable: false },
  'account-closed': { status: 409, title: 'The account is closed or erased', retryable: false },
  'other-journey-open': {
    status: 409,
    title: 'Another journey of this kind is open for the account',
    retryable: false,
  },
  gone: { status: 410, title: 'It is no longer there', retryable: false },
  'body-too-large': { status: 413, title: 'The body is larger than allowed', retryable: false },
  'unsupported-media-type': { status: 415, title: 'Send application/json', retryable: false },
  'id-reused': { status: 422, title: 'The id or Idempotency-Key was used with another body', retryable: false },
  'unknown-name': {
    status: 422,
    title: 'A fact, metric, event, option or field is not one that is read',
    retryable: false,
  },
  'fact-missing': { status: 422, title: 'The account lacks a fact that the playbook counts from', retryable: false },
  'invalid-playbook': { status: 422, title: 'The playbook cannot be published', retryable: false },
  'invalid-date': { status: 422, title: 'A date is impossible or out of range', retryable: false },
  'invalid-zone': { status: 422, title: 'The time zone is not a known IANA zone', retryable: false },
  'unknown-plan': { status: 422, title: 'The plan is not one that is sold', retryable: false },
  'rate-limited': { status: 429, title: 'Too many requests', retryable: true },
  'too-many-commands': { status: 429, title: 'Too many commands at once on this journey', retryable: true },
  internal: { status: 500, title: 'Something went wrong here', retryable: true },
  'engine-unavailable': { status: 503, title: 'The workflow engine cannot be reached', retryable: true },
  'engine-paused': { status: 503, title: 'The run is paused in the engine itself', retryable: true },
  'no-worker': { status: 503, title: 'No worker is running', retryable: true },
  'database-unavailable': { status: 503, title: 'The database cannot be reached', retryable: true },
  'outcome-unknown': {
    status: 504,
    title: 'No answer in time; it may still happen. Repeat with the same id',
    retryable: true,
  },
} as const;

export type ErrorCode = keyof typeof errors;

/** The one error of the core: a code of the registry, a sentence for people, and details without personal data. */
export class TenureError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown>;
  constructor(code: ErrorCode, detail: string, details: Record<string, unknown> = {}) {
    super(detail);
    this.name = 'TenureError';
    this.code = code;
    this.details = details;
  }
}
