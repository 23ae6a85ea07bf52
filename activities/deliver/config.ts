import type { JourneyContext } from './context.ts';

type Value = string | number | boolean;

/** The playbook's figures with the options of this journey over them. */
export function configOf(c: JourneyContext): Record<string, Value> {
  const figures = Object.entries(c.playbook.config).map(([name, entry]) => [
    name,
    c.journey.options[name] ?? entry.value,
  ]);
  return Object.fromEntries(figures) as Record<string, Value>;
}

/** A value as it is, or the figure that `$name` stands for. */
export function resolveTerm(config: Record<string, Value>, value: Value): Value {
  return typeof value === 'string' && value.startsWith('$') ? (config[value.slice(1)] ?? value) : value;
}
