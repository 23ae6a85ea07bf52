import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Api, Deps } from '../deps.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { InvalidRequest, issuesOf, pointer, toProblem } from '../problem.ts';
import { unstorable } from '../unstorable.ts';
import type { z } from 'zod';

const UNSTORABLE = 'must be whole characters of Unicode, none of them null';
const PARTS: Record<string, string> = { body: '', querystring: '/query', params: '/path', headers: '/headers' };

/** The answer to an address that the router cannot read, before any hook or handler. */
export function unreadable(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const answer = toProblem(new InvalidRequest([{ pointer: '/path', detail: 'is no address of a route' }]), request.id);
  void reply.status(answer.status).type('application/problem+json').send(JSON.stringify(answer));
}

/** Every error leaves as problem+json, and nothing of the inside with it. */
export function problems(app: Api, deps: Deps): void {
  app.setValidatorCompiler(({ schema, httpPart }) => (data) => {
    const root = PARTS[httpPart ?? 'body'] ?? '';
    const result = (schema as unknown as z.ZodType).safeParse(data);
    if (!result.success) return { error: new InvalidRequest(issuesOf(root, result.error.issues)) };
    const broken = unstorable(result.data).map((path) => ({ pointer: pointer(root, path), detail: UNSTORABLE }));
    return broken.length > 0 ? { error: new InvalidRequest(broken) } : { value: result.data };
  });
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler((error: unknown, request, reply) => {
    const answer = toProblem(error, request.id);
    if (answer.status >= 500)
      deps.log.error(
        { instance: request.id, route: request.routeOptions.url, code: answer.code, cause: causeOf(error) },
        'request failed',
      );
    if (typeof answer.retryAfter === 'number') void reply.header('retry-after', answer.retryAfter);
    else if (answer.retryable && answer.status !== 500) void reply.header('retry-after', 1);
    return reply.status(answer.status).type('application/problem+json').send(answer);
  });
  const routes: { path: RegExp; methods: string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => void routes.push({ path: pathOf(url), methods: [method].flat() }));
  app.setNotFoundHandler(({ url, method }, reply) => {
    const [path = ''] = url.split('?');
    const allow = [...new Set(routes.filter((one) => one.path.test(path)).flatMap((one) => one.methods))].sort();
    if (allow.length === 0) throw new TenureError('not-found', 'There is no such route; see /docs.');
    void reply.header('allow', allow.join(', '));
    throw new TenureError('method-not-allowed', `This address takes ${allow.join(', ')}, and no ${method}.`, { allow });
  });
}

/** The addresses of a route. */
const pathOf = (url: string) =>
  new RegExp(
    `^${url
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/:[^/]+/g, '[^/]+')
      .replaceAll('*', '.*')}/?$`,
  );

/** Name, code and place of an error; its message may hold data, so it stays out unless it is ours. */
function causeOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const frames = error.stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 6)
    .map((line) => line.trim());
  const code = (error as { code?: unknown }).code;
  return { name: error.name, code, frames, cause: error.cause instanceof Error ? causeOf(error.cause) : undefined };
}
