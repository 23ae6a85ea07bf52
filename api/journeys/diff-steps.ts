import { z } from 'zod';
import type { ForecastEntry } from '../../workflows/contracts/journey.ts';

/** How the steps to come differ between two ways to go on: each that moves, comes new or falls away, and how many stay. */
export const StepsDiff = z
  .object({
    changed: z.array(z.object({ step: z.string(), from: z.string(), to: z.string() })),
    added: z.array(z.object({ step: z.string(), at: z.string() })),
    removed: z.array(z.object({ step: z.string(), at: z.string() })),
    unchanged: z.number().int(),
  })
  .meta({ id: 'StepsDiff' });
export type StepsDiff = z.infer<typeof StepsDiff>;

const iso = (at: number) => new Date(at).toISOString();

/** Compares two forecasts, occurrence by occurrence of each step. */
export function diffSteps(before: ForecastEntry[], after: ForecastEntry[]): StepsDiff {
  const [old, now] = [byOccurrence(before), byOccurrence(after)];
  const diff: StepsDiff = { changed: [], added: [], removed: [], unchanged: 0 };
  for (const [key, { step, at }] of old) {
    const then = now.get(key);
    if (!then) diff.removed.push({ step, at: iso(at) });
    else if (then.at === at) diff.unchanged += 1;
    else diff.changed.push({ step, from: iso(at), to: iso(then.at) });
  }
  for (const [key, { step, at }] of now) if (!old.has(key)) diff.added.push({ step, at: iso(at) });
  return diff;
}

/** Whether anything at all would be different. */
export const isSame = ({ changed, added, removed }: StepsDiff): boolean =>
  changed.length + added.length + removed.length === 0;

function byOccurrence(entries: ForecastEntry[]): Map<string, ForecastEntry> {
  const counts = new Map<string, number>();
  return new Map(
    entries.map((entry) => {
      const n = (counts.get(entry.step) ?? 0) + 1;
      counts.set(entry.step, n);
      return [`${entry.step} ${n}`, entry];
    }),
  );
}
