import type { ASTNode } from '@marcbachmann/cel-js';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { environmentOf } from './environment.ts';
import type { CelEnvironment } from './environment.ts';
import { CelError } from './cel-error.ts';

/** A checked expression, its result type (`bool`, `string`, `double`, …) and the flags, facts, … that it reads. */
export type CompiledCel = {
  expression: string;
  type: string;
  reads: { record: string; field: string }[];
  /** Variables named anywhere in it. */
  records: string[];
  run: (context: Record<string, unknown>) => unknown;
  classes: CelEnvironment['classes'];
};

/** A regular expression may take exponential time on data that a customer chose. */
const REFUSED_FUNCTIONS = new Set(['matches']);

const cache = new WeakMap<Playbook, Map<string, CompiledCel>>();

/** Parses and type-checks an expression against all that its playbook declares; throws {@link CelError} `invalid-expression`. */
export function compileCel(playbook: Playbook, expression: string): CompiledCel {
  const known = cache.get(playbook) ?? new Map<string, CompiledCel>();
  cache.set(playbook, known);
  const compiled = known.get(expression) ?? compile(playbook, expression);
  known.set(expression, compiled);
  return compiled;
}

function compile(playbook: Playbook, expression: string): CompiledCel {
  const { environment, classes } = environmentOf(playbook);
  let run: ReturnType<typeof environment.parse>;
  try {
    run = environment.parse(expression);
  } catch (error) {
    throw new CelError('invalid-expression', expression, firstLine(error));
  }
  const checked = run.check();
  if (!checked.valid) throw new CelError('invalid-expression', expression, named(firstLine(checked.error), expression));
  const found = inspect(run.ast);
  const refused = found.calls.find((name) => REFUSED_FUNCTIONS.has(name));
  if (refused) throw new CelError('invalid-expression', expression, `${refused}() is not allowed`);
  return {
    expression,
    type: checked.type ?? 'dyn',
    reads: found.reads,
    records: found.names,
    run: (context) => run(context),
    classes,
  };
}

const firstLine = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0]!;

/** Says which record has no such field: `No such key: x` → `unknown name metrics.x`. */
function named(message: string, expression: string): string {
  const key = /^No such key: (\w+)$/.exec(message)?.[1];
  const whole = key && new RegExp(`\\w+\\.${key}\\b`).exec(expression)?.[0];
  if (key) return `unknown name "${whole ?? key}"`;
  const variable = /^Unknown variable: (\w+)$/.exec(message)?.[1];
  return variable ? `unknown name "${variable}"` : message;
}

function inspect(ast: ASTNode): { reads: CompiledCel['reads']; calls: string[]; names: string[] } {
  const reads: CompiledCel['reads'] = [];
  const calls: string[] = [];
  const names: string[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== 'object' || node === null || !('op' in node) || !('args' in node)) return;
    const { op, args } = node as { op: string; args: unknown };
    if (op === 'id') names.push(String(args));
    if ((op === 'call' || op === 'rcall') && Array.isArray(args)) calls.push(String(args[0]));
    if ((op === '.' || op === '[]') && Array.isArray(args)) {
      const record = args[0] as { op?: string; args?: unknown };
      const field = op === '.' ? args[1] : (args[1] as { op?: string; args?: unknown }).args;
      if (record.op === 'id' && typeof field === 'string') reads.push({ record: String(record.args), field });
    }
    visit(args);
  };
  visit(ast);
  return { reads, calls, names };
}
