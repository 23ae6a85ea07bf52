import type { Api, Deps } from '../deps.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { InvalidRequest, issuesOf, toProblem } from '../problem.ts';
import type { z } from 'zod';

const PARTS: Record<string, string> = { body: '', querystring: '/query', params: '/path', headers: '/headers' };

/** Every error leaves as problem+json, and nothing of the inside with it. */
export function problems(app: Api, deps: Deps): void {
  app.setValidatorCompiler(({ schema, httpPart }) => (data) => {
    const result = (schema as unknown as z.ZodType).safeParse(data);
    if (result.success) return { value: result.data };
    return { error: new InvalidRequest(issuesOf(PARTS[httpPart ?? 'body'] ?? '', result.error.issues)) };
  });
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler((error: unknown, request, reply) => {
    const answer = toProblem(error, request.id);
    if (answer.status >= 500)
      deps.log.error({ instance: request.id, route: request.routeOptions.url, code: answer.code, cause: causeOf(error) }, 'request failed');
    if (typeof answer.retryAfter === 'number') void reply.header('retry-after', answer.retryAfter);
    else if (answer.retryable && answer.status !== 500) void reply.header('retry-after', 1);
    return reply.status(answer.status).type('application/problem+json').send(answer);
  });
  app.setNotFoundHandler(() => {
    throw new TenureError('not-found', 'There is no such route; see /docs.');
  });
}

/** Name, code and place of an error; its message may hold data, so it stays out unless it is ours. */
function causeOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 6).map((line) => line.trim());
  const code = (error as { code?: unknown }).code;
  return { name: error.name, code, frames, cause: error.cause instanceof Error ? causeOf(error.cause) : undefined };
}
