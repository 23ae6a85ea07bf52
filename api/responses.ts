import { errors } from '../workflows/contracts/errors.ts';
import type { ErrorCode } from '../workflows/contracts/errors.ts';
import { Problem } from './problem.ts';

type ProblemResponse = { description: string; content: { 'application/problem+json': { schema: typeof Problem } } };

/** What every route may answer besides its own. */
const COMMON: ErrorCode[] = ['unauthorized', 'forbidden', 'rate-limited', 'internal', 'database-unavailable'];

/** The problem responses of a route: its codes by status, named in the description. */
export function problemsOf(...codes: ErrorCode[]): Record<never, never> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...codes, ...COMMON])
    byStatus.set(errors[code].status, [...(byStatus.get(errors[code].status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, named]): [number, ProblemResponse] => [
      status,
      {
        description: named.map((code) => `\`${code}\`: ${errors[code].title}`).join('; '),
        content: { 'application/problem+json': { schema: Problem } },
      },
    ]),
  );
}

/** What any POST may answer besides: the errors of bodies and of Idempotency-Key. */
const POST: ErrorCode[] = [
  'idempotency-key-invalid',
  'request-in-progress',
  'id-reused',
  'body-too-large',
  'unsupported-media-type',
];

/** Adds to a POST's description what every POST may answer. */
export function describePost(route: { method: string | string[]; url: string; schema?: { response?: unknown } }): void {
  const responses = route.schema?.response as Record<string, { description?: string }> | undefined;
  if (route.method !== 'POST' || !route.url.startsWith('/v1/') || !responses) return;
  for (const [status, added] of Object.entries(problemsOf(...POST)) as [string, { description: string }][]) {
    const known = responses[status];
    if (!known) responses[status] = added;
    else {
      const said = known.description?.split('; ') ?? [];
      known.description = [...said, ...added.description.split('; ').filter((line) => !said.includes(line))].join('; ');
    }
  }
}
