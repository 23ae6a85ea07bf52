/** A place in a template's files that keeps it from being published, or that its author should look at. */
export interface TemplateProblem {
  path: string;
  message: string;
}

const LIQUID_TOKEN = /\{%-?\s*raw\s*-?%\}[\s\S]*?\{%-?\s*endraw\s*-?%\}|\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g;
const INCLUDE = /<mj-include\s+path="(?:(?:\.\.\/)+_shared\/)?([\w.-]+)"\s*\/>/g;

/** Puts the shared partials where `<mj-include path="../../../_shared/…"/>` asks for them. */
export function withPartials(mjml: string, shared: Record<string, string>, path: string): string | TemplateProblem {
  const missing: string[] = [];
  const whole = mjml.replace(INCLUDE, (_all, name: string) => {
    if (shared[name] === undefined) missing.push(name);
    return shared[name] ?? '';
  });
  if (missing.length > 0) return { path, message: `no shared partial "${missing[0]}"` };
  return whole;
}

/** The names of the shared partials that a body includes. */
export function partialsIn(mjml: string): string[] {
  return [...mjml.matchAll(INCLUDE)].map((include) => include[1]!);
}

/** Text from the definition as XML, its Liquid tokens untouched. */
export function escapeStatic(text: string): string {
  const tokens = text.match(LIQUID_TOKEN) ?? [];
  return text
    .split(LIQUID_TOKEN)
    .map((words, i) => words.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;') + (tokens[i] ?? ''))
    .join('');
}

/** Compiles MJML strictly, keeping every Liquid token as it was written. */
export async function compileMjml(
  mjml: string,
  path: string,
): Promise<{ html: string } | { problems: TemplateProblem[] }> {
  const tokens: string[] = [];
  // MJML parses XML: a `<` or a quote inside a Liquid token would end the element, so tokens travel as plain words.
  const safe = mjml.replace(
    LIQUID_TOKEN,
    (token) => `liquid${tokens.push(token) - 1}token${'\n'.repeat(linesIn(token))}`,
  );
  // Loaded when something is published: a worker only renders and need not carry MJML.
  const { default: mjml2html } = await import('mjml');
  let html: string;
  try {
    ({ html } = await mjml2html(safe, { validationLevel: 'strict', ignoreIncludes: true, fonts: {} }));
  } catch (error) {
    const found = (error as { errors?: { line: number; message: string; tagName?: string }[] }).errors;
    const problems = (found ?? []).map((e) => ({
      path: `${path}:${e.line}`,
      message: `${e.tagName ?? 'mjml'}: ${e.message}`,
    }));
    return { problems: problems.length > 0 ? problems : [{ path, message: `not MJML: ${(error as Error).message}` }] };
  }
  const kept = new Set<number>();
  const restored = html.replace(/liquid(\d+)token/g, (_all, index: string) => {
    kept.add(Number(index));
    return tokens[Number(index)]!;
  });
  const lost = tokens.findIndex((_token, index) => !kept.has(index));
  if (lost >= 0)
    return { problems: [{ path, message: `MJML drops ${tokens[lost]}: put it inside mj-text or mj-raw` }] };
  return { html: slim(restored) };
}

function linesIn(token: string): number {
  return token.split('\n').length - 1;
}

/** Mail clients clip at 102 KB, and MJML indents generously. */
function slim(html: string): string {
  return html
    .replace(/^[ \t]+/gm, '')
    .replace(/\n{2,}/g, '\n')
    .trim();
}
