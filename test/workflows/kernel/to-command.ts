import type { Command, Refusal } from '../../../workflows/contracts/commands.ts';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import { DAY } from './fixtures.ts';

/** A refusal's nearest command as a run would get it. */
export function toCommand(nearest: NonNullable<Refusal['nearest']>, id: string): Command {
  const { command: name, ...rest } = nearest;
  const args: Record<string, unknown> = { ...rest };
  for (const key of ['to', 'until', 'date'])
    if (typeof args[key] === 'string') args[key] = new Date(args[key]).getTime();
  if (typeof args.duration === 'string') {
    const o = parseDuration(args.duration);
    args.by = o.days * DAY + o.ms;
    delete args.duration;
  }
  if (name === 'pause') Object.assign(args, { until: args.until ?? null, clock: args.clock ?? null });
  return { id, name, ...args } as unknown as Command;
}
