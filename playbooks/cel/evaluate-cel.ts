import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { CelError } from './cel-error.ts';
import { compileCel } from './compile-cel.ts';
import type { CompiledCel } from './compile-cel.ts';
import { contextOf } from './context.ts';
import { Money } from './environment.ts';
import type { Scope } from './scope.ts';

/** A result as plain JSON-ready data: numbers, strings, booleans, ISO dates, `{ amount, currency }`, lists. */
export type CelValue = string | number | boolean | null | { amount: number; currency: string } | CelValue[];

/** Evaluates a compiled expression; throws {@link CelError} when data is missing or of another type than declared. */
export function evaluateCel(playbook: Playbook, compiled: CompiledCel, scope: Scope): CelValue {
  try {
    return plain(compiled.run(contextOf(playbook, compiled, scope)));
  } catch (error) {
    if (error instanceof CelError) throw error;
    const missing = error instanceof Error && /No such key|unknown plan/.test(error.message);
    throw new CelError(missing ? 'data-missing' : 'evaluation-failed', compiled.expression, kindOf(error));
  }
}

/** Compiles (cached) and evaluates a condition. */
export function holds(playbook: Playbook, expression: string, scope: Scope): boolean {
  const compiled = compileCel(playbook, expression);
  const value = evaluateCel(playbook, compiled, scope);
  if (typeof value !== 'boolean') throw new CelError('evaluation-failed', expression, 'is no yes or no');
  return value;
}

/** The engine's message may quote a value, so only its kind is kept. */
function kindOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return /^(No such key: \w+|unknown plan|no such overload)/.exec(message)?.[1] ?? 'cannot be evaluated with this data';
}

function plain(value: unknown): CelValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Money) return { amount: value.amount, currency: value.currency };
  if (Array.isArray(value)) return value.map(plain);
  throw new Error('cannot be carried into a template');
}
