import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { compileTemplate } from '../../../activities/render/compile-template.ts';
import { readTemplates } from '../../../activities/render/read-templates.ts';
import { render } from '../../../activities/render/render.ts';
import { reader, samplesOf } from './template-fixture.ts';

const playbooks = fileURLToPath(new URL('../../../playbooks', import.meta.url));
const sources = await readTemplates(`${playbooks}/onboarding/templates`, `${playbooks}/_shared`);
/** What the specification itself says in so many words. */
const STATED: Record<string, string[]> = {
  discover_advanced_templates: ['200', '200'],
  discover_advanced_models: ['4', '4'],
};

it.each(sources.map((source) => [source.folder, source] as const))(
  '%s renders with its samples and with the least, and names no figure of the timetable',
  async (id, source) => {
    const result = await compileTemplate(source);
    if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2));
    expect(result.warnings).toEqual([]);
    const template = result.compiled;
    const samples = samplesOf(template);
    const required = new Set(
      Object.entries(template.variables).flatMap(([name, variable]) => (variable.required ? [name] : [])),
    );
    const least = Object.fromEntries(
      Object.entries(samples).filter(([name]) => required.has(name) || name.endsWith('_link')),
    );
    for (const given of [samples, least]) {
      const message = render(template, given, reader);
      expect(JSON.stringify(message)).not.toMatch(/\{\{|\{%|undefined|null|\[object/);
      expect(message.text).not.toMatch(/\n{3}/);
      if (template.channel === 'email') expect(message.subject!.length).toBeLessThan(80);
      else expect(message.title!.length).toBeLessThan(60);
    }
    const { subject = '', title = '', text } = template.parts;
    const copy = `${subject} ${title} ${text}`.replace(/\{\{.*?\}\}|\{%.*?%\}/gs, '').replace(/^\d\. /gm, '');
    expect(copy.match(/\d+/g) ?? []).toEqual(STATED[id] ?? []);
  },
);
