import { createHash } from 'node:crypto';
import { parse as parseYaml } from 'yaml';
import { analysePart } from './analyse.ts';
import type { LiquidPart } from './analyse.ts';
import { compileMjml, escapeStatic, partialsIn, withPartials } from './compile-mjml.ts';
import type { TemplateProblem } from './compile-mjml.ts';
import { createLiquid } from './liquid.ts';
import { fromMarkdown } from './markdown.ts';
import { commonVariables, templateDefinitionSchema } from './template-schema.ts';
import type { CompiledTemplate, TemplateDefinition, TemplateSource } from './template-schema.ts';
import { variableProblem } from './variables.ts';

/** A template fit to publish, or every reason why it is not; warnings do not keep it back. */
export type CompileResult =
  | { ok: true; compiled: CompiledTemplate; sha256: string; warnings: TemplateProblem[] }
  | { ok: false; problems: TemplateProblem[] };

const MJML_FILE = 'body.mjml.liquid';
const TEXT_FILE = 'body.txt.liquid';
const MARKDOWN_FILE = 'body.md.liquid';
const engines = { html: createLiquid('html'), plain: createLiquid('plain') };

/** Checks and compiles one template folder: definition, strict MJML, Liquid, and every variable it uses. Pure. */
export async function compileTemplate(source: TemplateSource): Promise<CompileResult> {
  const at = (name: string) => `${source.folder}/${name}`;
  const read = readDefinition(source.files['template.yaml'], at('template.yaml'));
  if ('problems' in read) return { ok: false, problems: read.problems };
  const { definition } = read;
  const problems: TemplateProblem[] = fileProblems(source, definition, at);
  if (problems.length > 0) return { ok: false, problems };

  const body = bodyOf(source, definition, at);
  if ('problems' in body) return { ok: false, problems: body.problems };

  const { used, found } = analyse(source, definition, body, at);
  problems.push(...found, ...sampleProblems(definition, at));
  if (found.length === 0) problems.push(...unsubscribeProblems(definition, used, at));
  if (problems.length > 0) return { ok: false, problems };

  let html: string | undefined;
  if (definition.channel === 'email') {
    const compiled = await compileBody(source, definition, body);
    if ('problems' in compiled) return { ok: false, problems: compiled.problems };
    html = compiled.html;
  }
  const compiled = seal(definition, [...used.keys()].sort(), html, body.text.trim());
  return { ok: true, compiled, sha256: compiled.sha256, warnings: unusedWarnings(definition, used, at) };
}

function readDefinition(
  text: string | undefined,
  path: string,
): { definition: TemplateDefinition } | { problems: TemplateProblem[] } {
  if (text === undefined) return { problems: [{ path, message: 'is missing' }] };
  let yaml: unknown;
  try {
    yaml = parseYaml(text);
  } catch (error) {
    return { problems: [{ path, message: (error as Error).message }] };
  }
  const parsed = templateDefinitionSchema.safeParse(yaml);
  if (parsed.success) return { definition: parsed.data };
  return { problems: parsed.error.issues.map((i) => ({ path: `${path}#${i.path.join('.')}`, message: i.message })) };
}

function fileProblems(source: TemplateSource, t: TemplateDefinition, at: (name: string) => string): TemplateProblem[] {
  const markdown = t.channel === 'email' && source.files[MARKDOWN_FILE] !== undefined;
  const wanted = markdown ? [MARKDOWN_FILE] : t.channel === 'email' ? [MJML_FILE, TEXT_FILE] : [TEXT_FILE];
  const styled = markdown ? [] : (['eyebrow', 'signOff'] as const).filter((name) => t[name] !== undefined);
  const present = Object.keys(source.files).filter((name) => name !== 'template.yaml');
  const shadowed = Object.keys(t.variables).filter((name) => name in commonVariables);
  return [
    ...wanted.filter((name) => !source.files[name]?.trim()).map((name) => ({ path: at(name), message: 'is missing' })),
    ...present
      .filter((n) => !wanted.includes(n))
      .map((n) => ({ path: at(n), message: `is no file of a ${t.channel} template` })),
    ...shadowed.map((n) => ({
      path: at(`template.yaml#variables.${n}`),
      message: 'is a common variable: do not declare it',
    })),
    ...styled.map((n) => ({ path: at(`template.yaml#${n}`), message: `is only for ${MARKDOWN_FILE}` })),
    ...(t.id === source.folder.split('/').at(-1)
      ? []
      : [{ path: at('template.yaml#id'), message: 'is not the folder’s name' }]),
  ];
}

/** Both parts of a message, and the texts in which its variables stand where their author wrote them. */
type Body = { mjml: string; text: string; path: string; written: { plain: LiquidPart[]; html: LiquidPart[] } };

function bodyOf(
  source: TemplateSource,
  t: TemplateDefinition,
  at: (name: string) => string,
): Body | { problems: TemplateProblem[] } {
  const { files, shared } = source;
  const markdown = files[MARKDOWN_FILE];
  if (markdown === undefined) {
    const [mjml, text] = [files[MJML_FILE] ?? '', files[TEXT_FILE]!];
    const written = { plain: [part(at(TEXT_FILE), text)!], html: mjml ? [part(at(MJML_FILE), mjml)!] : [] };
    return { mjml, text, path: at(MJML_FILE), written };
  }
  const look = { eyebrow: t.eyebrow, signOff: t.signOff ?? true, partials: shared };
  const made = fromMarkdown(markdown, look, at(MARKDOWN_FILE));
  if ('problems' in made) return made;
  const own = part(at(MARKDOWN_FILE), markdown)!;
  const closing = ['footer-customer.txt.liquid', ...(look.signOff ? ['sign-off.txt.liquid'] : [])];
  const parts = closing.flatMap((name) => part(`_shared/${name}`, shared[name]) ?? []);
  const eyebrow = part(at('template.yaml#eyebrow'), t.eyebrow);
  return {
    ...made,
    path: `${at(MARKDOWN_FILE)} as MJML`,
    written: { plain: [own, ...parts], html: [own, ...(eyebrow ? [eyebrow] : [])] },
  };
}

function analyse(source: TemplateSource, t: TemplateDefinition, body: Body, at: (name: string) => string) {
  const plain: (LiquidPart | undefined)[] = [
    part(at('template.yaml#subject'), t.subject),
    part(at('template.yaml#title'), t.title),
    part(at('template.yaml#action.label'), t.action?.label),
    part(at('template.yaml#action.url'), t.action?.url),
    ...body.written.plain,
  ];
  const html: (LiquidPart | undefined)[] = [
    part(at('template.yaml#preheader'), t.preheader),
    ...body.written.html,
    ...Object.entries(source.shared)
      .filter(([name]) => partialsIn(body.mjml).includes(name))
      .map(([name, text]) => part(`_shared/${name}`, text)),
  ];
  const used = new Map<string, Set<'html' | 'plain'>>();
  const found: TemplateProblem[] = [];
  const declared = (name: string) => Object.hasOwn(t.variables, name) || Object.hasOwn(commonVariables, name);
  for (const [output, parts] of [
    ['plain', plain],
    ['html', html],
  ] as const) {
    for (const one of parts) {
      if (!one) continue;
      const result = analysePart(engines[output], one, declared);
      found.push(...result.problems);
      for (const name of result.used) used.set(name, (used.get(name) ?? new Set()).add(output));
    }
  }
  return { used, found };
}

function part(path: string, text: string | undefined): LiquidPart | undefined {
  return text === undefined ? undefined : { path, text };
}

function sampleProblems(t: TemplateDefinition, at: (name: string) => string): TemplateProblem[] {
  return Object.entries(t.variables).flatMap(([name, variable]) => {
    const wrong = variableProblem(variable, variable.sample);
    return wrong ? [{ path: at(`template.yaml#variables.${name}.sample`), message: wrong }] : [];
  });
}

function unsubscribeProblems(t: TemplateDefinition, used: Map<string, Set<string>>, at: (name: string) => string) {
  if (t.channel !== 'email' || t.class !== 'marketing') return [];
  const message = 'a marketing email must show unsubscribe_link';
  return [
    ...(used.get('unsubscribe_link')?.has('html') ? [] : [{ path: at(MJML_FILE), message }]),
    ...(used.get('unsubscribe_link')?.has('plain') ? [] : [{ path: at(TEXT_FILE), message }]),
  ];
}

function unusedWarnings(t: TemplateDefinition, used: Map<string, unknown>, at: (name: string) => string) {
  return Object.entries(t.variables)
    .filter(([name, variable]) => variable.required && !used.has(name))
    .map(([name]) => ({ path: at(`template.yaml#variables.${name}`), message: 'is required but never used' }));
}

async function compileBody(source: TemplateSource, t: TemplateDefinition, { mjml: body, path }: Body) {
  const whole = withPartials(body, source.shared, path);
  if (typeof whole !== 'string') return { problems: [whole] };
  const fill = (text: string) => () => escapeStatic(text);
  const mjml = whole.replaceAll('[[subject]]', fill(t.subject!)).replaceAll('[[preheader]]', fill(t.preheader ?? ''));
  const compiled = await compileMjml(mjml, path);
  if ('problems' in compiled) return compiled;
  const { problems } = analysePart(engines.html, { path: `${path} (compiled)`, text: compiled.html }, () => true);
  return problems.length > 0 ? { problems } : compiled;
}

function seal(t: TemplateDefinition, used: string[], html: string | undefined, text: string): CompiledTemplate {
  const content = {
    id: t.id,
    major: t.major,
    channel: t.channel,
    class: t.class,
    variables: t.variables,
    used,
    parts: {
      ...(t.subject === undefined ? {} : { subject: t.subject }),
      ...(t.title === undefined ? {} : { title: t.title }),
      ...(html === undefined ? {} : { html }),
      ...(t.action === undefined ? {} : { actionLabel: t.action.label, actionUrl: t.action.url }),
      text,
    },
  };
  return { ...content, sha256: createHash('sha256').update(JSON.stringify(content)).digest('hex') };
}
