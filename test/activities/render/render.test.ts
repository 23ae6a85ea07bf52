import { describe, expect, it } from 'vitest';
import { RenderError, render } from '../../../activities/render/render.ts';
import type { CompiledTemplate } from '../../../activities/render/template-schema.ts';
import { compiled, reader, samplesOf, source } from './template-fixture.ts';

const stop = 'https://app.example.com/u/token';

function errorOf(template: CompiledTemplate, variables: Record<string, unknown>): RenderError {
  try {
    render(template, variables, reader);
  } catch (error) {
    if (error instanceof RenderError) return error;
    throw error;
  }
  throw new Error('it rendered');
}

describe('rendering', () => {
  it('fills subject, html and text in the reader’s zone and currency', async () => {
    const template = await compiled(source());
    const mail = render(template, samplesOf(template), reader);
    expect(mail.subject).toBe('Half price');
    expect(mail.html).toContain('until Friday, November 27, 2026');
    expect(mail.text).toBe('Half price for $24.50\nhttps://app.example.com/u/sample-token');
    const tokyo = render(template, samplesOf(template), { zone: 'Asia/Tokyo', locale: 'en-GB' });
    expect(tokyo.html).toMatch(/Saturday,? 28 November 2026/);
  });

  it('keeps a bare date the same day in every zone, and knows currencies without minor units', async () => {
    const template = await compiled(source());
    const variables = {
      headline: 'x',
      unsubscribe_link: stop,
      ends: '2026-11-27',
      price: { amount: 900, currency: 'JPY' },
    };
    const mail = render(template, variables, reader);
    expect(mail.html).toContain('Friday, November 27, 2026');
    expect(mail.text).toContain('¥900');
  });

  it('takes the links of a system on one machine', async () => {
    const link = 'http://127.0.0.1:8080/v1/unsubscribe/AbC-_1?x=1&y=2';
    const mail = render(await compiled(source()), { headline: 'Hello', unsubscribe_link: link }, reader);
    expect(mail.text).toContain(link);
    expect(mail.html).toContain('href="http://127.0.0.1:8080/v1/unsubscribe/AbC-_1?x=1&amp;y=2"');
  });

  it('leaves out what is optional and absent', async () => {
    const template = await compiled(source());
    const mail = render(template, { headline: 'Hello', unsubscribe_link: stop }, reader);
    expect(mail.text).toBe(`Hello\n${stop}`);
    expect(mail.html).not.toContain('until');
  });
});

describe('wrong data is a typed error without the data', () => {
  it('names a missing required variable', async () => {
    const template = await compiled(source());
    for (const headline of [undefined, null, '']) {
      const error = errorOf(template, { headline, unsubscribe_link: stop });
      expect(error).toMatchObject({ code: 'missing-variable', variable: 'headline', template: 'offer' });
    }
  });

  it('refuses a marketing email without an unsubscribe link', async () => {
    const error = errorOf(await compiled(source()), { headline: 'Hello' });
    expect(error).toMatchObject({ code: 'missing-variable', variable: 'unsubscribe_link' });
  });

  it.each([
    ['unsubscribe_link', 'javascript:alert(1)'],
    ['unsubscribe_link', 'https://app.example.com/\nalert'],
    ['unsubscribe_link', 'https://app.example.com/"onclick=alert(1)'],
    ['price', { amount: 24.5, currency: 'USD' }],
    ['price', { amount: 1, currency: 'Ada Lovelace' }],
    ['ends', 'Ada Lovelace'],
    ['headline', { toString: 'Ada Lovelace' }],
  ])('names %s when it is not of its type', async (name, value) => {
    const error = errorOf(await compiled(source()), { headline: 'x', unsubscribe_link: stop, [name]: value });
    expect(error).toMatchObject({ code: 'invalid-variable', variable: name });
    expect(JSON.stringify(error) + error.message + error.stack).not.toMatch(/Ada|alert/);
  });

  it('refuses what a mail client would clip', async () => {
    const error = errorOf(await compiled(source()), { headline: 'x'.repeat(103 * 1024), unsubscribe_link: stop });
    expect(error.code).toBe('too-large');
  });
});

describe('variables cannot do harm', () => {
  const evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>';

  it('as HTML: escaped in html, as written in text and subject', async () => {
    const mail = render(await compiled(source()), { headline: evil, unsubscribe_link: stop }, reader);
    expect(mail.html).not.toMatch(/<script|<img src=x/);
    expect(mail.html).toContain('&lt;script&gt;');
    expect(mail.text).toContain(evil);
    expect(mail.subject).toBe(evil);
  });

  it('as Liquid: shown, not run', async () => {
    const headline = '{{ unsubscribe_link }}{% for i in (1..9) %}x{% endfor %}';
    const mail = render(await compiled(source()), { headline, unsubscribe_link: stop }, reader);
    expect(mail.subject).toBe(headline);
  });

  it('as line breaks in the subject: one line is left', async () => {
    const headline = 'Hi\r\nBcc: eve@example.org\u2028\n\tX: y\u0000';
    const mail = render(await compiled(source()), { headline, unsubscribe_link: stop }, reader);
    expect(mail.subject).toBe('Hi Bcc: eve@example.org X: y');
  });

  it('as the prototype of an object: refused', async () => {
    const text = '{{ headline.constructor.name }}{{ unsubscribe_link }}';
    const template = await compiled(source({ text }));
    expect(errorOf(template, { headline: 'x', unsubscribe_link: stop }).code).toBe('template-failed');
  });
});
