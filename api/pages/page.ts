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

const STYLE = `:root{color-scheme:light}*{box-sizing:border-box}
body{font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;margin:0;background:#f3eee6;color:#14211e}
main{max-width:66rem;margin:2.5rem auto;padding:2rem 2.25rem;background:#fff;border:1px solid #e4dccf;border-radius:14px}
main.narrow{max-width:34rem;margin-top:12vh;text-align:center}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .35rem}h2{font-size:1.05rem;margin:2rem 0 .6rem}p{margin:.5rem 0 1.25rem}
a{color:#0b5d4e}a:focus-visible,button:focus-visible{outline:3px solid #e9a23b;outline-offset:2px}.muted{color:#56635e}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th{font-size:.8rem;text-transform:uppercase;letter-spacing:.04em;color:#56635e;font-weight:600}
td,th{text-align:left;padding:.65rem .75rem;border-bottom:1px solid #ece6db;vertical-align:top}
tbody tr:hover{background:#faf7f2}td:first-child{white-space:nowrap;color:#56635e;font-variant-numeric:tabular-nums}td a{font-weight:600}
.tag{display:inline-block;padding:.05rem .6rem;border-radius:1rem;font-size:.85rem;white-space:nowrap;background:#e6efeb;color:#0b4a3f}
.tag.failed,.tag.in-doubt{background:#fbe3df;color:#8c2413}.tag.intended{background:#fdf0d5;color:#6f4a00}
iframe{display:block;width:100%;height:75vh;border:1px solid #e4dccf;border-radius:8px}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#faf7f2;border:1px solid #ece6db;border-radius:8px;padding:1rem;margin:0}
button{font:inherit;font-weight:600;padding:.7rem 1.6rem;border:0;border-radius:8px;background:#0b5d4e;color:#fff;cursor:pointer}
nav{margin:0 0 1rem}table+nav,.scroll+nav{margin:1.25rem 0 0}
@media(max-width:40rem){main,main.narrow{margin:0;border:0;border-radius:0;min-height:100vh;padding:1.25rem}}`;

/** Sends a page that can load and run nothing but its own style, is not kept and not framed by strangers; `narrow` is for a few words. */
export function sendPage(
  reply: FastifyReply,
  title: string,
  body: Html,
  { status = 200, narrow = false }: { status?: number; narrow?: boolean } = {},
): FastifyReply {
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
        <main class="${narrow ? 'narrow' : 'wide'}">${body}</main>
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
