import { setTimeout as sleep } from 'node:timers/promises';

type Answer = { status: number; body: unknown };
type Said = { retryable?: boolean; outcome?: string; id?: string; state?: string };

const PATIENCE_MS = 180_000;
const REST_MS = 250;
const LATER = new Set([429, 503, 504]);

/**
 * Asks as a patient client: what the API says to repeat is repeated, a command under the id that it was noted by. `unknowns: false` takes "nobody knows yet"
 * for an answer, where nobody is there to give another; `starts` waits for the run of the journey that is started.
 */
export async function patiently<A extends Answer>(
  ask: (again: { id?: string }) => Promise<A>,
  { unknowns = true, starts = false }: { unknowns?: boolean; starts?: boolean } = {},
): Promise<A> {
  const until = performance.now() + PATIENCE_MS;
  for (let again = {}; ; await sleep(REST_MS)) {
    const answer = await ask(again);
    const { retryable, outcome, id, state } = (answer.body ?? {}) as Said;
    const later =
      (LATER.has(answer.status) && retryable === true && (outcome !== 'unknown' || unknowns)) ||
      (starts && state === 'starting');
    if (!later || performance.now() > until) return answer;
    if (outcome === 'unknown' && id !== undefined) again = { id };
  }
}
