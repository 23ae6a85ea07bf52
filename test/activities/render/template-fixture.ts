import { commonVariables } from '../../../activities/render/template-schema.ts';
import type { CompiledTemplate, TemplateSource, TemplateVariable } from '../../../activities/render/template-schema.ts';
import { compileTemplate } from '../../../activities/render/compile-template.ts';

/** The English reader in New York. */
export const reader = { zone: 'America/New_York', locale: 'en-US' };

/** A small marketing email that is right in every respect; the change replaces lines or files of it. */
export function source(change: { yaml?: string; mjml?: string; text?: string } = {}): TemplateSource {
  return {
    folder: 'offer',
    shared: {},
    files: {
      'template.yaml':
        change.yaml ??
        [
          'id: offer',
          'major: 1',
          'channel: email',
          'class: marketing',
          'subject: "{{ headline }}"',
          'variables:',
          '  headline: { type: string, required: true, sample: Half price, doc: what it is about }',
          '  ends: { type: date, required: false, sample: "2026-11-28T02:00:00Z", doc: when it ends }',
          '  price: { type: money, required: false, sample: { amount: 2450, currency: USD }, doc: what it costs }',
        ].join('\n'),
      'body.mjml.liquid':
        change.mjml ??
        email(
          '<mj-text>{{ headline }} {% if ends %}until {{ ends | date_long }}{% endif %} <a href="{{ unsubscribe_link }}">Stop</a></mj-text>',
        ),
      'body.txt.liquid':
        change.text ?? '{{ headline }}{% if price %} for {{ price | money }}{% endif %}\n{{ unsubscribe_link }}',
    },
  };
}

/** MJML around the content of one column. */
export function email(content: string): string {
  return `<mjml lang="en">\n<mj-body><mj-section><mj-column>\n${content}\n</mj-column></mj-section></mj-body></mjml>`;
}

/** The compiled template, or a failure that names its problems. */
export async function compiled(template: TemplateSource): Promise<CompiledTemplate> {
  const result = await compileTemplate(template);
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2));
  return result.compiled;
}

/** The sample of every variable that a template may use. */
export function samplesOf(template: { variables: Record<string, TemplateVariable> }): Record<string, unknown> {
  const all = { ...commonVariables, ...template.variables };
  return Object.fromEntries(Object.entries(all).map(([name, variable]) => [name, variable.sample]));
}
