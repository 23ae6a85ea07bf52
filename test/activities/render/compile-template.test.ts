import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../../activities/render/compile-template.ts';
import { compiled, email, source } from './template-fixture.ts';

async function problemsOf(template: Parameters<typeof compileTemplate>[0]) {
  const result = await compileTemplate(template);
  return result.ok ? [] : result.problems;
}
const stop = '{{ unsubscribe_link }}';

describe('a template that is right', () => {
  it('keeps its Liquid through MJML and has one sha256 for one content', async () => {
    const template = await compiled(source());
    expect(template.parts.html).toContain('{{ ends | date_long }}');
    expect(template.parts.html).toContain('href="{{ unsubscribe_link }}"');
    expect(template.used).toEqual(['ends', 'headline', 'price', 'unsubscribe_link']);
    expect((await compiled(source())).sha256).toBe(template.sha256);
    expect((await compiled(source({ text: `New {{ headline }} ${stop}` }))).sha256).not.toBe(template.sha256);
  });

  it('may compare with < and quote inside attributes', async () => {
    const mjml = email(
      `<mj-text>{% if headline.size < 3 %}<b>short</b>{% endif %}</mj-text><mj-button href="{{ app_link | default: "x" }}">Go</mj-button><mj-text>${stop}</mj-text>`,
    );
    const template = await compiled(source({ mjml }));
    expect(template.parts.html).toContain('{% if headline.size < 3 %}');
    expect(template.parts.html).toContain('href="{{ app_link | default: "x" }}"');
  });

  it('is warned about a required variable that it never uses', async () => {
    const unused = '  spare: { type: string, required: true, sample: a, doc: unused }';
    const yaml = `${source().files['template.yaml']}\n${unused}`;
    const result = await compileTemplate(source({ yaml }));
    expect(result).toMatchObject({ ok: true, warnings: [{ path: 'offer/template.yaml#variables.spare' }] });
  });
});

describe('a template is refused, with name and place, for', () => {
  it('an unknown variable in the text', async () => {
    expect(await problemsOf(source({ text: `Hello\n{{ headline }} {{ nickname }} ${stop}` }))).toEqual([
      { path: 'offer/body.txt.liquid:2:19', message: 'unknown variable "nickname"' },
    ]);
  });

  it('an unknown variable in the HTML, even inside a condition, a loop or an attribute', async () => {
    for (const use of [
      '<mj-text>{% if nickname %}x{% endif %}</mj-text>',
      '<mj-text>{% for a in nickname %}{{ a }}{% endfor %}</mj-text>',
      '<mj-button href="{{ nickname }}">Go</mj-button>',
      '<mj-text>{{ headline | append: nickname }}</mj-text>',
    ]) {
      const problems = await problemsOf(source({ mjml: email(`${use}<mj-text>${stop}</mj-text>`) }));
      expect(problems).toEqual([
        { path: expect.stringMatching(/^offer\/body\.mjml\.liquid:3:\d+$/), message: 'unknown variable "nickname"' },
      ]);
    }
  });

  it('an unknown variable in the subject', async () => {
    const yaml = source().files['template.yaml']!.replace('{{ headline }}', '{{ nickname }}');
    expect(await problemsOf(source({ yaml }))).toEqual([
      { path: 'offer/template.yaml#subject:1:4', message: 'unknown variable "nickname"' },
    ]);
  });

  it.each([
    ['an unknown filter', `{{ headline | shout }} ${stop}`, /undefined filter: shout/],
    ['a filter that would switch escaping off', `{{ headline | raw }} ${stop}`, /undefined filter: raw/],
    ['an include of another file', `{% render "secrets" %} ${stop}`, /tag "render" not found/],
    ['a tag that is not closed', `{% if headline %} ${stop}`, /not closed/],
  ])('%s', async (_what, text, message) => {
    expect(await problemsOf(source({ text }))).toEqual([
      { path: expect.stringContaining('offer/body.txt.liquid'), message: expect.stringMatching(message) },
    ]);
  });

  it('MJML that is not valid', async () => {
    const [problem] = await problemsOf(source({ mjml: email(`<mj-text bad="1">${stop}</mj-text>`) }));
    expect(problem).toMatchObject({ path: 'offer/body.mjml.liquid:3', message: expect.stringContaining('bad') });
    expect(await problemsOf(source({ mjml: stop }))).not.toEqual([]);
  });

  it('Liquid where MJML would drop it', async () => {
    const mjml = email(`{% if headline %}<mj-text>${stop}</mj-text>{% endif %}`);
    expect((await problemsOf(source({ mjml })))[0]!.message).toMatch(/MJML drops \{% if headline %\}|mj-raw|not MJML/);
  });

  it('an unknown variable in a shared partial, named by the partial', async () => {
    const mjml = email(`<mj-include path="../_shared/end.mjml" /><mj-text>${stop}</mj-text>`);
    const shared = { 'end.mjml': '<mj-text>\n{{ nickname }}</mj-text>' };
    expect(await problemsOf({ ...source({ mjml }), shared })).toEqual([
      { path: '_shared/end.mjml:2:4', message: 'unknown variable "nickname"' },
    ]);
  });

  it('a partial that does not exist', async () => {
    const mjml = email(`<mj-include path="../_shared/none.mjml" /><mj-text>${stop}</mj-text>`);
    expect((await problemsOf(source({ mjml })))[0]!.message).toBe('no shared partial "none.mjml"');
  });

  it('a marketing email without its unsubscribe link', async () => {
    expect(await problemsOf(source({ text: '{{ headline }}' }))).toEqual([
      { path: 'offer/body.txt.liquid', message: 'a marketing email must show unsubscribe_link' },
    ]);
  });

  it('a sample that is not of its type', async () => {
    const yaml = source().files['template.yaml']!.replace('amount: 2450', 'amount: 24.5');
    expect(await problemsOf(source({ yaml }))).toEqual([
      { path: 'offer/template.yaml#variables.price.sample', message: 'is no money' },
    ]);
  });

  it('a definition with unknown fields, a wrong name, or no YAML at all', async () => {
    const yaml = source().files['template.yaml']!;
    expect(await problemsOf(source({ yaml: `${yaml}\nextra: 1` }))).toHaveLength(1);
    expect(await problemsOf(source({ yaml: yaml.replace('id: offer', 'id: other') }))).toHaveLength(1);
    expect(await problemsOf(source({ yaml: 'a: [' }))).toHaveLength(1);
  });
});
