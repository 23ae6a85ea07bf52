import { errors } from '../workflows/contracts/errors.ts';
import type { ErrorCode } from '../workflows/contracts/errors.ts';
import { Problem } from './problem.ts';

type ProblemResponse = { description: string; content: { 'application/problem+json': { schema: typeof Problem } } };

/** What every route may answer besides its own. */
const COMMON: ErrorCode[] = ['unauthorized', 'forbidden', 'rate-limited', 'internal', 'database-unavailable'];

/** The problem responses of a route: its codes by status, named in the description. */
export function problemsOf(...codes: ErrorCode[]): Record<never, never> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...codes, ...COMMON]) byStatus.set(errors[code].status, [...(byStatus.get(errors[code].status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, named]): [number, ProblemResponse] => [
      status,
      { description: named.map((code) => `\`${code}\`: ${errors[code].title}`).join('; '), content: { 'application/problem+json': { schema: Problem } } },
    ]),
  );
}
