import type { Liquid, Template, Variable } from 'liquidjs';
import type { TemplateProblem } from './compile-mjml.ts';

/** One Liquid part of a template and where its text stands. */
export interface LiquidPart {
  path: string;
  text: string;
}

/** Every variable the part expects from outside, with the problems of those that nobody declared. */
export function analysePart(
  liquid: Liquid,
  part: LiquidPart,
  declared: (name: string) => boolean,
): { used: string[]; problems: TemplateProblem[] } {
  let parsed: Template[];
  try {
    parsed = liquid.parse(part.text);
  } catch (error) {
    return { used: [], problems: [problemOf(error, part.path)] };
  }
  const globals = Object.entries(liquid.analyzeSync(parsed).globals);
  const unknown = globals.flatMap(([name, uses]) =>
    declared(name) ? [] : uses.map((use) => unknownVariable(name, part.path, use)),
  );
  return { used: globals.map(([name]) => name), problems: unknown };
}

function unknownVariable(name: string, path: string, use: Variable): TemplateProblem {
  return { path: `${path}:${use.location.row}:${use.location.col}`, message: `unknown variable "${name}"` };
}

function problemOf(error: unknown, path: string): TemplateProblem {
  const e = error as Error & { token?: { getPosition(): [number, number] } };
  const place = e.token?.getPosition().join(':');
  return { path: place ? `${path}:${place}` : path, message: e.message.replace(/, line:.*$/s, '') };
}
