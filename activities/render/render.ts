import type { Template } from 'liquidjs';
import { createLiquid } from './liquid.ts';
import type { Reader } from './liquid.ts';
import { commonVariables } from './template-schema.ts';
import type { CompiledTemplate, TemplateVariable } from './template-schema.ts';
import { variableProblem } from './variables.ts';

/** What a provider gets: `subject` and `html` for email, `title` and `action` for in-app, `text` always. */
export interface Rendered {
  subject?: string;
  title?: string;
  html?: string;
  text: string;
  action?: { label: string; url: string };
}

/** A data error: retrying gives the same. It names the variable or part, never a value. */
export class RenderError extends Error {
  override readonly name = 'RenderError';
  readonly code: 'missing-variable' | 'invalid-variable' | 'too-large' | 'template-failed';
  readonly template: string;
  readonly variable?: string;

  constructor(code: RenderError['code'], template: string, variable?: string) {
    super(`${template}: ${code}${variable === undefined ? '' : ` ${variable}`}`);
    this.code = code;
    this.template = template;
    if (variable !== undefined) this.variable = variable;
  }
}

/** Gmail clips a mail above 102 KB; an SMS of more than 1,600 characters is refused by the usual providers. */
const LIMITS = { html: 102 * 1024, text: 102 * 1024, sms: 1_600, line: 200 };

type Parsed = Record<keyof CompiledTemplate['parts'], Template[] | undefined>;

const engines = { html: createLiquid('html'), plain: createLiquid('plain') };
const CACHE_SIZE = 500;
const cache = new Map<string, Parsed>();

/** Fills a compiled template for one reader; throws `RenderError` for missing or wrong data. */
export function render(template: CompiledTemplate, variables: Record<string, unknown>, reader: Reader): Rendered {
  const scope = checkedScope(template, variables);
  const parsed = parsedOf(template);
  const fill = (part: keyof Parsed) => fillPart(template, part, parsed[part], scope, reader);
  const text = tidy(fill('text') ?? '');
  const html = fill('html');
  if (template.channel === 'sms' && text.length > LIMITS.sms) throw new RenderError('too-large', template.id, 'text');
  if (Buffer.byteLength(text) > LIMITS.text) throw new RenderError('too-large', template.id, 'text');
  if (html !== undefined && Buffer.byteLength(html) > LIMITS.html)
    throw new RenderError('too-large', template.id, 'html');
  const subject = oneLine(fill('subject'));
  const title = oneLine(fill('title'));
  const label = oneLine(fill('actionLabel'));
  const url = fill('actionUrl')?.trim();
  return {
    ...(subject === undefined ? {} : { subject }),
    ...(title === undefined ? {} : { title }),
    ...(html === undefined ? {} : { html }),
    text,
    ...(label === undefined || url === undefined ? {} : { action: { label, url } }),
  };
}

function checkedScope(template: CompiledTemplate, given: Record<string, unknown>): Record<string, unknown> {
  const needed: [string, TemplateVariable][] = [
    ...Object.entries(template.variables),
    ...Object.entries(commonVariables).filter(([name]) => template.used.includes(name)),
  ];
  const scope: Record<string, unknown> = {};
  for (const [name, declared] of needed) {
    const mustUnsubscribe =
      name === 'unsubscribe_link' && template.channel === 'email' && template.class === 'marketing';
    const variable = mustUnsubscribe ? { ...declared, required: true } : declared;
    const value = given[name];
    const problem = variableProblem(variable, value);
    if (problem === 'is missing') throw new RenderError('missing-variable', template.id, name);
    if (problem) throw new RenderError('invalid-variable', template.id, name);
    // An optional variable that is absent is null: known to the template, empty, and false in a condition.
    scope[name] = value === '' ? null : (value ?? null);
  }
  return scope;
}

function parsedOf(template: CompiledTemplate): Parsed {
  const known = cache.get(template.sha256);
  if (known) return known;
  const parse = (part: keyof Parsed) => {
    const text = template.parts[part];
    return text === undefined ? undefined : engineOf(part).parse(text);
  };
  const parsed: Parsed = {
    subject: parse('subject'),
    title: parse('title'),
    html: parse('html'),
    text: parse('text'),
    actionLabel: parse('actionLabel'),
    actionUrl: parse('actionUrl'),
  };
  if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value!);
  cache.set(template.sha256, parsed);
  return parsed;
}

function fillPart(
  template: CompiledTemplate,
  part: keyof Parsed,
  parsed: Template[] | undefined,
  scope: Record<string, unknown>,
  reader: Reader,
): string | undefined {
  if (!parsed) return undefined;
  try {
    return engineOf(part).renderSync(parsed, scope, { globals: { reader } });
  } catch {
    // Liquid's own message quotes the template's context and may hold a value: it is not passed on.
    throw new RenderError('template-failed', template.id, part);
  }
}

function engineOf(part: keyof Parsed) {
  return part === 'html' ? engines.html : engines.plain;
}

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g;

function oneLine(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const flat = text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(CONTROL, '')
    .replace(/ {2,}/g, ' ')
    .trim();
  return flat.length > LIMITS.line ? `${flat.slice(0, LIMITS.line - 1)}…` : flat;
}

function tidy(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(CONTROL, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
