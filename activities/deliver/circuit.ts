import type { Tx } from '../../db/database.ts';
import { claimCircuitProbe } from '../../db/queries/holds/circuit.ts';
import type { ArbiterFacts } from '../arbiter/facts.ts';

/** The facts without the automatic stop of this touch's provider, when it is this touch that may try the provider again. */
export async function claimProbe(
  tx: Tx,
  facts: ArbiterFacts,
  now: number,
  probeAfterMs: number,
): Promise<ArbiterFacts> {
  const circuit = facts.stops.find((s) => s.circuit && s.target === facts.provider && (s.until ?? 0) <= now);
  if (!circuit) return facts;
  const claimed = await claimCircuitProbe(tx, {
    id: circuit.id,
    now: new Date(now),
    next: new Date(now + probeAfterMs),
  });
  return claimed ? { ...facts, stops: facts.stops.filter((s) => s !== circuit) } : facts;
}
