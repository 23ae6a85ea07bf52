import { fileURLToPath } from 'node:url';
import PostalMime from 'postal-mime';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileTemplate } from '../../../activities/render/compile-template.ts';
import { readTemplates } from '../../../activities/render/read-templates.ts';
import { RenderError, render } from '../../../activities/render/render.ts';
import type { CompiledTemplate } from '../../../activities/render/template-schema.ts';
import { mail, mailerFor, smtpServer, within } from '../email/smtp-fixture.ts';
import { reader, samplesOf } from './template-fixture.ts';

const playbooks = fileURLToPath(new URL('../../../playbooks', import.meta.url));
const sources = await readTemplates(`${playbooks}/trial/templates`, `${playbooks}/_shared`);
const templates = new Map<string, CompiledTemplate>();

beforeAll(async () => {
  for (const source of sources) {
    const result = await compileTemplate(source);
    if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2));
    if (result.warnings.length > 0) throw new Error(JSON.stringify(result.warnings, null, 2));
    templates.set(result.compiled.id, result.compiled);
  }
});

const stated = [
  'personalized_industry_welcome',
  'trial_setup_sms',
  'first_conversation_tutorial',
  'advanced_features_unlock',
  'power_user_tips',
  'getting_started_assistance',
  'upgrade_with_bonus_features',
  'roi_calculator_with_upgrade_path',
  'personal_demo_scheduling',
];

it('has every template that the trial names', () => {
  expect(sources.map((source) => source.folder)).toEqual(expect.arrayContaining(stated));
});

describe.each(sources.map((source) => source.folder))('%s', (id) => {
  it('renders with its samples, accessibly and without a rest of Liquid', () => {
    const template = templates.get(id)!;
    const message = render(template, samplesOf(template), reader);
    const whole = JSON.stringify(message);
    expect(whole).not.toMatch(/\{\{|\{%|undefined|\[object|liquid\d+token|\[\[/);
    expect(message.text.length).toBeGreaterThan(20);
    if (template.channel === 'email') {
      expect(message.subject!.length).toBeLessThan(80);
      expect(message.html).toMatch(/<html lang="en"/);
      expect(message.html).toMatch(/<h1>/);
      expect(message.html).not.toMatch(/<img(?![^>]*alt=)|fonts\.googleapis/);
    }
    if (template.channel === 'in-app') expect(message.title).toBeTruthy();
    if (template.channel === 'sms') expect(message.text.length).toBeLessThanOrEqual(160);
  });

  it('renders with only what is required, and refuses when any of that is missing', () => {
    const template = templates.get(id)!;
    const required = Object.entries(template.variables).filter(([, variable]) => variable.required);
    const least: Record<string, unknown> = {
      app_link: 'https://app.example.com',
      ...(template.class === 'marketing' ? { unsubscribe_link: 'https://app.example.com/u/t' } : {}),
      ...Object.fromEntries(required.map(([name, variable]) => [name, variable.sample])),
    };
    const message = render(template, least, reader);
    expect(JSON.stringify(message)).not.toMatch(/Ada|Lovelace|Grace|null|undefined/);
    for (const [name] of required) {
      expect(() => render(template, { ...least, [name]: undefined }, reader)).toThrow(RenderError);
    }
  });

  it('writes no figure of the offers or the timetable into its copy', () => {
    const { text, html, subject, title } = templates.get(id)!.parts;
    const words = [
      text,
      html?.replace(/<head>[\s\S]*?<\/head>|<!--[\s\S]*?-->/g, '').replace(/<[^>]+>/g, ' '),
      subject,
      title,
    ].join(' ');
    const copy = words
      .replace(/\{\{.*?\}\}|\{%.*?%\}/gs, '')
      .replace(/^\d\. /gm, '')
      .replace(/&#?\w+;/g, '');
    expect(copy.match(/\d+/g) ?? []).toEqual(id === 'trial_setup_sms' ? ['3'] : []);
  });
});

it.each(['advanced_features_unlock', 'power_user_tips', 'getting_started_assistance'])(
  '%s shows the customer’s own metrics and next steps in both parts',
  (id) => {
    const template = templates.get(id)!;
    const variables = { ...samplesOf(template), conversations: 4711, active_days: 1, next_steps: ['Call Bob & Co'] };
    const message = render(template, variables, reader);
    expect(message.html).toMatch(/4711[\s\S]*active day<[\s\S]*Call Bob &amp; Co/);
    expect(message.text).toMatch(/4711 conversations on 1 active day\.[\s\S]*1\. Call Bob & Co/);
  },
);

it('the day-6 offer states both prices, the discount and the end of the offer', () => {
  const template = templates.get('upgrade_with_bonus_features')!;
  const message = render(template, samplesOf(template), reader);
  for (const part of [message.html!, message.text]) {
    expect(part).toMatch(/\$24\.50[\s\S]*\$49\.00/);
    expect(part).toContain('50%');
    expect(part).toMatch(/premium support/i);
    expect(part).toContain('Friday, November 27, 2026');
  }
});

it('the set-up SMS fits one message', () => {
  const template = templates.get('trial_setup_sms')!;
  expect(render(template, samplesOf(template), reader)).toEqual({
    text: 'Your assistant is ready. Set-up takes 3 clicks: https://app.example.com/s/8fk2 Reply STOP to opt out.',
  });
});

it('a rendered mail arrives as it was written', async () => {
  const { port, accepted } = await smtpServer();
  const template = templates.get('personalized_industry_welcome')!;
  const { subject, html, text } = render(template, samplesOf(template), reader);
  await mailerFor(port).send(mail({ subject: subject!, html: html!, text }), within(5_000));
  const parsed = await PostalMime.parse(accepted[0]!);
  expect(parsed.subject).toBe(subject);
  expect(parsed.text?.trim()).toBe(text);
  expect(parsed.html?.trim()).toBe(html);
});
