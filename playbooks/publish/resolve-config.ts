import type { ConfigValue, Playbook } from '../../workflows/contracts/playbook.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { IsoDuration, LocalTime } from '../../workflows/contracts/time-schema.ts';

/** A playbook's figures with a journey's options over them; throws TenureError `unknown-name` or `invalid-request`. */
export function resolveConfig(playbook: Playbook, options: Record<string, unknown> = {}): Record<string, ConfigValue> {
  const config: Record<string, ConfigValue> = {};
  for (const [name, entry] of Object.entries(playbook.config)) config[name] = entry.value;
  for (const [name, value] of Object.entries(options)) {
    const entry = Object.hasOwn(playbook.config, name) ? playbook.config[name] : undefined;
    if (!entry) {
      const known = Object.keys(playbook.config);
      throw new TenureError(
        'unknown-name',
        `${playbook.id} has no option of that name. Known: ${known.join(', ') || 'none'}.`,
        { known, errors: [{ pointer: `/options/${name}`, detail: 'unknown option' }] },
      );
    }
    const wrong = optionProblem(entry, value);
    if (wrong)
      throw new TenureError('invalid-request', `Option ${name} ${wrong}.`, {
        option: name,
        errors: [{ pointer: `/options/${name}`, detail: wrong }],
      });
    config[name] = value as ConfigValue;
  }
  return config;
}

/** Why a value cannot stand where the entry's own does; undefined when it can. */
export function optionProblem(entry: Playbook['config'][string], value: unknown): string | undefined {
  if (typeof value !== typeof entry.value) return `must be a ${typeof entry.value}, as ${JSON.stringify(entry.value)}`;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return 'must be a finite number';
    if (entry.min !== undefined && value < entry.min) return `must be at least ${entry.min}`;
    if (entry.max !== undefined && value > entry.max) return `must be at most ${entry.max}`;
  }
  if (IsoDuration.safeParse(entry.value).success && !IsoDuration.safeParse(value).success)
    return 'must be an ISO-8601 duration, as P2D or PT4H';
  if (LocalTime.safeParse(entry.value).success && !LocalTime.safeParse(value).success)
    return 'must be a local time, as 09:00';
  return undefined;
}
