import { gravity } from './evaluate-score.ts';
import type { ScoreModel } from './model-schema.ts';

/** What the scores of an account have come to, and a better band that they must keep for a while. Times in ms. */
export type Settled = { auto: string; autoSince: number; candidate: string | null; candidateSince: number | null };

/** A worse band at once; a better one when every score since has been at least as good for `improvesAfter`, as good as the worst of them. */
export function settleBand(
  model: ScoreModel,
  before: Settled | undefined,
  { band, at, improvesAfter }: { band: string; at: number; improvesAfter: number },
): Settled {
  const none = { candidate: null, candidateSince: null };
  if (!before) return { auto: band, autoSince: at, ...none };
  const now = gravity(model, band);
  const held = gravity(model, before.auto);
  if (now > held) return { auto: band, autoSince: at, ...none };
  if (now === held) return { ...before, ...none };
  const since = before.candidateSince ?? at;
  const candidate = before.candidate !== null && gravity(model, before.candidate) > now ? before.candidate : band;
  if (at - since < improvesAfter) return { ...before, candidate, candidateSince: since };
  return now < gravity(model, candidate)
    ? { auto: candidate, autoSince: at, candidate: band, candidateSince: at }
    : { auto: candidate, autoSince: at, ...none };
}
