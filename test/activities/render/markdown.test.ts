import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../../activities/render/compile-template.ts';
import { readTemplates } from '../../../activities/render/read-templates.ts';
import { render } from '../../../activities/render/render.ts';
import type { TemplateSource } from '../../../activities/render/template-schema.ts';
import { compiled, reader, samplesOf } from './template-fixture.ts';

const playbooks = fileURLToPath(new URL('../../../playbooks', import.meta.url));
const [shipped] = await readTemplates(`${playbooks}/trial/templates`, `${playbooks}/_shared`);

const yaml = (more: string[] = [], messageClass = 'marketing') =>
  [
    ...[
      'id: words',
      'major: 1',
      'channel: email',
      `class: ${messageClass}`,
      'subject: Words',
      'preheader: A & B',
      ...more,
    ],
    'variables:',
    '  link: { type: url, required: true, sample: "https://app.example.com/a?b=1&c=2", doc: where it leads }',
    '  other: { type: url, required: false, sample: "https://app.example.com/o", doc: another }',
    '  steps: { type: list, required: false, sample: [One, Two & three], doc: what to do }',
    '  price: { type: money, required: false, sample: { amount: 2450, currency: USD }, doc: what it costs }',
  ].join('\n');
const source = (body: string, definition = yaml()): TemplateSource => ({
  folder: 'words',
  shared: shipped!.shared,
  files: { 'template.yaml': definition, 'body.md.liquid': body },
});
async function written(body: string, definition?: string, without: string[] = []) {
  const template = await compiled(source(body, definition));
  const given = Object.entries(samplesOf(template)).filter(([name]) => !without.includes(name));
  const { html, text } = render(template, Object.fromEntries(given), reader);
  return { html: html!, text, template };
}
const problems = async (body: string, definition?: string) => {
  const result = await compileTemplate(source(body, definition));
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
};

describe('a Markdown body', () => {
  it('becomes HTML in the shared look and a text part that says the same', async () => {
    const { html, text } = await written(
      [
        '# Welcome, {{ first_name }}',
        'Hello {{ first_name | default: "there" }}, a **bold** word & a [link]({{ link }}).',
        '## What next',
        '- one\n- two *of* them',
        '| Plan | Price |\n| --- | --- |\n| Starter | {{ price | money }} |',
      ].join('\n\n'),
      yaml(['eyebrow: "News & more"']),
    );
    expect(html).toContain('<h1>Welcome, Ada</h1>');
    expect(html).toContain('News &amp; more');
    expect(html).toContain(
      '<strong>bold</strong> word &amp; a <a href="https://app.example.com/a?b=1&amp;c=2">link</a>',
    );
    expect(html).toMatch(/<h2>What next<\/h2>[\s\S]*<ul><li>one<\/li><li>two <em>of<\/em> them<\/li><\/ul>/);
    expect(html).toMatch(/<th scope="col"[^>]*>Plan<\/th>[\s\S]*<td[^>]*>\$24\.50<\/td>/);
    expect(text).toBe(
      [
        'Hello Ada, a bold word & a link (https://app.example.com/a?b=1&c=2).',
        'What next',
        '- one\n- two of them',
        'Starter: $24.50',
        'Warm regards,\nGrace, customer success',
        '--\nYou get this email because Lovelace & Sons uses the product.\nUnsubscribe: https://app.example.com/u/sample-token',
      ].join('\n\n'),
    );
  });

  it('makes a button of a line that is only a link, and a quieter one of the next', async () => {
    const { html, text } = await written('# Title\n\nChoose:\n[Go on]({{ link }})\n[Or stop]({{ other }})');
    const buttons = [...html.matchAll(/href="(https[^"]+)" style="display:inline-block;background:(#\w+)/g)];
    expect(buttons.map(([, href, colour]) => [href, colour])).toEqual([
      ['https://app.example.com/a?b=1&amp;c=2', '#0b5d4e'],
      ['https://app.example.com/o', '#ffffff'],
    ]);
    expect(text).toContain('Choose:\n\nGo on: https://app.example.com/a?b=1&c=2\n\nOr stop: https://app.example.com/o');
  });

  it('lets tags on lines of their own repeat list items and drop whole blocks', async () => {
    const body = [
      '# Title',
      '{% for step in steps %}\n- {{ step }}\n{% endfor %}\n- last',
      '{% for step in steps %}\n1. {{ step }}\n{% endfor %}',
      '{% if other %}\n[Other]({{ other }})\n{% endif %}',
      'The [link]({{ link }}).',
    ].join('\n\n');
    const all = await written(body);
    expect(all.html).toContain('<ul><li>One</li><li>Two &amp; three</li><li>last</li></ul>');
    expect(all.html).toContain('<ol><li>One</li><li>Two &amp; three</li></ol>');
    expect(all.text).toMatch(/^- One\n- Two & three\n- last\n\n1\. One\n2\. Two & three\n\nOther: /);
    const less = await written(body, undefined, ['other', 'steps']);
    expect(less.html).toContain('<ul><li>last</li></ul>');
    expect(less.html + less.text).not.toContain('Other');
    expect(less.text).toMatch(/^- last\n\nThe link/);
  });

  it('shows the unsubscribe link where its class asks for one, and no sign-off where it wants none', async () => {
    const marketing = await written('# Title\n\nThe [link]({{ link }}).');
    expect(marketing.template.used).toContain('unsubscribe_link');
    const service = await written('# Title\n\nThe [link]({{ link }}).', yaml(['signOff: false'], 'service'), [
      'unsubscribe_link',
    ]);
    expect(service.html + service.text).not.toMatch(/unsubscribe|Warm regards/i);
  });

  it.each<[string, string, string]>([
    ['HTML', '# Title\n\n<b>bold</b> {{ link }}', 'words/body.md.liquid: may not hold HTML'],
    ['a block of HTML', '# Title\n\n<div>x</div>\n\n{{ link }}', 'words/body.md.liquid: may not hold HTML'],
    ['images', '# Title\n\n![x](https://a.example/b.png) {{ link }}', 'words/body.md.liquid: may not hold images'],
    ['no title', 'Hello {{ link }}', 'words/body.md.liquid: must begin with the title'],
    ['a second title', '# Title\n\n# Again\n\n{{ link }}', 'words/body.md.liquid: has a second title'],
    [
      'an unknown variable, at its place',
      '# Title\n\nHello {{ nobody }} {{ link }}',
      'words/body.md.liquid:3:10: unknown variable "nobody"',
    ],
    ['code', '# Title\n\n```\nx\n```\n\n{{ link }}', 'words/body.md.liquid: may not hold code'],
  ])('is refused for %s', async (_what, body, expected) => {
    expect(await problems(body)).toEqual(expect.arrayContaining([expect.stringContaining(expected)]));
  });

  it('stands alone: beside MJML it is refused, and so are its own fields without it', async () => {
    const both = source('# Title\n\n{{ link }}');
    both.files['body.txt.liquid'] = 'Hello';
    expect(await compileTemplate(both)).toMatchObject({
      ok: false,
      problems: [{ path: 'words/body.txt.liquid', message: 'is no file of a email template' }],
    });
    const mjml = { ...shipped!, files: { ...shipped!.files } };
    mjml.files['template.yaml'] += 'eyebrow: News\n';
    expect(await compileTemplate(mjml)).toMatchObject({
      ok: false,
      problems: [{ path: expect.stringContaining('#eyebrow'), message: 'is only for body.md.liquid' }],
    });
  });
});
