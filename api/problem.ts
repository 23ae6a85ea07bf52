import { z } from 'zod';
import { TenureError, errors } from '../workflows/contracts/errors.ts';
import type { ErrorCode } from '../workflows/contracts/errors.ts';

/** RFC 9457, with the code of the registry and, for a wrong body, a JSON pointer to each wrong place. */
export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string().optional(),
    code: z.string(),
    retryable: z.boolean(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

type Issue = { pointer: string; detail: string };

/** A request that has not the form asked for, with every place where. */
export class InvalidRequest extends Error {
  readonly issues: Issue[];
  constructor(issues: Issue[]) {
    super(
      issues.length === 1
        ? `${issues[0]!.pointer || 'The request'}: ${issues[0]!.detail}`
        : `${issues.length} places are wrong.`,
    );
    this.issues = issues;
  }
}

const escape = (part: PropertyKey) => String(part).replaceAll('~', '~0').replaceAll('/', '~1');
/** The JSON pointer of a path below `root`. */
export const pointer = (root: string, path: readonly PropertyKey[]) => [root, ...path.map(escape)].join('/');

/** zod's issues as JSON pointers; an unknown field is named itself, and of a union the issues of its nearest member. */
export function issuesOf(
  root: string,
  issues: readonly z.core.$ZodIssue[],
  base: readonly PropertyKey[] = [],
): Issue[] {
  return issues.flatMap((issue): Issue[] => {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ pointer: pointer(root, [...path, key]), detail: 'unknown field' }));
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const nearest = issue.errors.reduce((a, b) => (b.length < a.length ? b : a));
      return issuesOf(root, nearest, path);
    }
    return [{ pointer: pointer(root, path), detail: issue.message }];
  });
}

/** The one mapper from any error to what a caller may see of it. */
export function toProblem(error: unknown, instance?: string): Problem {
  if (error instanceof InvalidRequest)
    return problem('invalid-request', error.message, { instance, errors: error.issues });
  if (error instanceof TenureError) return problem(error.code, error.message, { ...error.details, instance });
  const code = ourCode(error);
  return problem(code, DETAIL[code] ?? errors[code].title, { instance });
}

/** A problem document; `code` of the details, where given, stands in place of the registry's (a refusal's own code). */
export function problem(code: ErrorCode, detail: string, details: Record<string, unknown> = {}): Problem {
  const { status, title, retryable } = errors[code];
  return { type: `urn:tenure:error:${code}`, title, status, code, retryable, ...details, detail };
}

const DETAIL: Partial<Record<ErrorCode, string>> = {
  'invalid-request': 'The request cannot be read.',
  'body-too-large': 'The body is larger than this route allows.',
  internal: 'The cause is in the log under this instance.',
  'database-unavailable': 'Nothing was changed that was not answered; repeat the request.',
};

const DATABASE_DOWN =
  /^(CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|57P0[123]|57014|53300|08\w{3}|25P03|40001|40P01)$/;

function ourCode(error: unknown): ErrorCode {
  const { code, cause, statusCode } = (error ?? {}) as { code?: unknown; cause?: unknown; statusCode?: number };
  if (typeof code === 'string' && DATABASE_DOWN.test(code)) return 'database-unavailable';
  if (cause && cause !== error && ourCode(cause) === 'database-unavailable') return 'database-unavailable';
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return 'unsupported-media-type';
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return 'body-too-large';
  if (code === 'FST_ERR_NOT_FOUND') return 'not-found';
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return 'invalid-request';
  return 'internal';
}
