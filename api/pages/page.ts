import { randomBytes } from 'node:crypto';
import type { FastifyReply } from 'fastify';

/** HTML that may be put into a page as it is. */
export type Html = { html: string };

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string) => text.replace(/[&<>"']/g, (char) => ENTITIES[char]!);

/** A template whose values are escaped, unless they are {@link Html} themselves. */
export function markup(
  parts: TemplateStringsArray,
  ...values: (string | number | null | undefined | Html | Html[])[]
): Html {
  const text = values.map((value) => {
    if (value === null || value === undefined) return '';
    if (Array.isArray(value)) return value.map((one) => one.html).join('');
    return typeof value === 'object' ? value.html : escape(String(value));
  });
  return { html: parts.reduce((all, part, i) => all + part + (text[i] ?? ''), '') };
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#1c2430}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #dde2e9;vertical-align:top}
a{color:#0b5cad}iframe{width:100%;height:70vh;border:1px solid #dde2e9}pre{white-space:pre-wrap;background:#f5f7fa;padding:1rem}
button{font:inherit;padding:.6rem 1.2rem}nav{margin:1rem 0}.muted{color:#5b6675}`;

/** Sends a page that can load and run nothing but its own style, is not kept and not framed by strangers. */
export function sendPage(reply: FastifyReply, title: string, body: Html, status = 200): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <style nonce="${nonce}">
          ${{ html: STYLE }}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html>`;
  return reply
    .status(status)
    .header(
      'content-security-policy',
      `default-src 'none'; style-src 'nonce-${nonce}'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    )
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .type('text/html; charset=utf-8')
    .send(page.html);
}
