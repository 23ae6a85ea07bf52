import { Lexer, Parser } from 'marked';
import type { Token, Tokens } from 'marked';
import type { TemplateProblem } from './compile-mjml.ts';
import { escapeStatic } from './compile-mjml.ts';
import { shield } from './shield-liquid.ts';
import type { Shielded } from './shield-liquid.ts';

/** What a Markdown body becomes: MJML in the shared look and the text part, Liquid still inside. */
export type FromMarkdown = { mjml: string; text: string } | { problems: TemplateProblem[] };

type Look = { eyebrow?: string; signOff: boolean; partials: Record<string, string> };
type Block = { mjml: string; text: string; button?: true };

/** Writes a Markdown body in the shared look; a construct that has no place in an email is a problem. Pure. */
export function fromMarkdown(source: string, look: Look, path: string): FromMarkdown {
  const shielded = shield(source);
  const problems: TemplateProblem[] = [];
  const wrong = (message: string) => void problems.push({ path, message });
  const tokens = new Lexer({ gfm: true }).lex(shielded.text).filter(({ type }) => type !== 'space');
  const [first, ...rest] = tokens;
  const title =
    first?.type === 'heading' && (first as Tokens.Heading).depth === 1 ? (first as Tokens.Heading) : undefined;
  if (!title) wrong('must begin with the title: a line "# …"');
  const blocks = (title ? rest : tokens).map((token) => blockOf(token, shielded, wrong));
  if (problems.length > 0) return { problems };
  const { restore } = shielded;
  const body = blocks.map((block, i) => (block.button && blocks[i - 1]?.button ? second(block.mjml) : block.mjml));
  return {
    mjml: restore(page(Parser.parseInline(title!.tokens), body.join('\n'), look)),
    text: restore(
      [
        ...blocks.map((block) => block.text),
        ...(look.signOff ? [look.partials['sign-off.txt.liquid'] ?? ''] : []),
        look.partials['footer-customer.txt.liquid'] ?? '',
      ]
        .map((part) => part.trim())
        .join('\n\n'),
    ),
  };
}

const include = (name: string) => `<mj-include path="../../../_shared/${name}" />`;
const second = (mjml: string) => mjml.replace('<mj-button ', '<mj-button mj-class="second" ');

function page(title: string, body: string, { eyebrow, signOff }: Look): string {
  return `<mjml lang="en">
${include('head.mjml')}
<mj-body>
<mj-section><mj-column><mj-spacer height="24px" /></mj-column></mj-section>
<mj-wrapper>
<mj-section mj-class="hero">
<mj-column>
${eyebrow === undefined ? '' : `<mj-text mj-class="eyebrow">${escapeStatic(eyebrow)}</mj-text>`}
<mj-text mj-class="title"><h1>${title}</h1></mj-text>
</mj-column>
</mj-section>
<mj-section mj-class="first">
<mj-column>
${body}
</mj-column>
</mj-section>
${signOff ? include('sign-off.mjml') : ''}
</mj-wrapper>
${include('footer-customer.mjml')}
</mj-body>
</mjml>`;
}

const inText = (html: string) => `<mj-text css-class="text">${html}</mj-text>`;

function blockOf(token: Token, shielded: Shielded, wrong: (message: string) => void): Block {
  refuseInline(token, wrong);
  switch (token.type) {
    case 'heading': {
      const { depth, tokens } = token as Tokens.Heading;
      if (depth === 1) wrong('has a second title; further headings begin with "##"');
      return { mjml: inText(`<h2>${Parser.parseInline(tokens)}</h2>`), text: plain(tokens) };
    }
    case 'paragraph':
      return paragraph(token as Tokens.Paragraph, shielded);
    case 'list':
      return list(token as Tokens.List, shielded);
    case 'table':
      return table(token as Tokens.Table);
    case 'hr':
      return { mjml: '<mj-divider />', text: '---' };
    case 'blockquote': {
      const quoted = (token as Tokens.Blockquote).tokens.flatMap((one) => ('tokens' in one ? (one.tokens ?? []) : []));
      const style = 'border-left:3px solid #e4dccf;margin:0;padding:0 0 0 14px';
      return {
        mjml: inText(`<blockquote style="${style}">${Parser.parseInline(quoted)}</blockquote>`),
        text: `> ${plain(quoted)}`,
      };
    }
    default:
      wrong(
        `may not hold ${token.type === 'html' ? 'HTML' : token.type}: write headings, text, lists, tables and links`,
      );
      return { mjml: '', text: '' };
  }
}

function refuseInline(token: Token, wrong: (message: string) => void): void {
  if (token.type === 'image') wrong('may not hold images');
  if (token.type === 'html' && 'inLink' in token) wrong('may not hold HTML');
  const inner = 'tokens' in token ? token.tokens : undefined;
  for (const one of inner ?? []) refuseInline(one, wrong);
  if (token.type === 'list') for (const item of (token as Tokens.List).items) refuseInline(item, wrong);
}

function paragraph({ tokens, text }: Tokens.Paragraph, { isTags }: Shielded): Block {
  // Between MJML elements Liquid must stand in mj-raw.
  if (isTags(text)) return { mjml: `<mj-raw>${text}</mj-raw>`, text };
  const [only] = tokens;
  if (tokens.length === 1 && only?.type === 'link') {
    const link = only as Tokens.Link;
    const label = Parser.parseInline(link.tokens);
    return {
      mjml: `<mj-button href="${link.href.replace(/&/g, '&amp;').replace(/"/g, '&quot;')}">${label}</mj-button>`,
      text: `${plain(link.tokens)}: ${link.href}`,
      button: true,
    };
  }
  return { mjml: inText(Parser.parseInline(tokens).replace(/\n/g, ' ')), text: plain(tokens) };
}

function list({ ordered, start, items }: Tokens.List, { lift }: Shielded): Block {
  const rows = items.map((item, i) => {
    const inline = item.tokens.flatMap((one) => ('tokens' in one ? (one.tokens ?? []) : []));
    const nested = item.tokens.some((one) => one.type === 'list');
    const html = lift(Parser.parseInline(inline));
    const text = lift(plain(inline));
    const number = html.before.some((tag) => /^\{%-?\s*for\b/.test(tag))
      ? '{{ forloop.index }}'
      : String((start || 1) + i);
    const under = nested
      ? list(item.tokens.find((one) => one.type === 'list') as Tokens.List, { lift } as Shielded)
      : undefined;
    return {
      html: `${html.before.join('')}<li>${html.inner}${under ? bare(under.mjml) : ''}</li>${html.after.join('')}`,
      text: `${text.before.join('')}${ordered ? `${number}.` : '-'} ${text.inner}\n${under ? `${under.text.replace(/^/gm, '  ')}\n` : ''}${text.after.join('')}`,
    };
  });
  const tag = ordered ? 'ol' : 'ul';
  return {
    mjml: inText(`<${tag}>${rows.map((row) => row.html).join('')}</${tag}>`),
    text: rows
      .map((row) => row.text)
      .join('')
      .trimEnd(),
  };
}

const bare = (mjml: string) => mjml.replace(/^<mj-text css-class="text">|<\/mj-text>$/g, '');

const CELL = 'border-bottom:1px solid #e4dccf;padding:6px 8px 6px 0;text-align:left;vertical-align:top';

function table({ header, rows }: Tokens.Table): Block {
  const titled = header.some((cell) => cell.text !== '');
  const head = header.map((cell) => `<th scope="col" style="${CELL}">${Parser.parseInline(cell.tokens)}</th>`).join('');
  const body = rows.map(
    (row) => `<tr>${row.map((cell) => `<td style="${CELL}">${Parser.parseInline(cell.tokens)}</td>`).join('')}</tr>`,
  );
  const line = (cells: Tokens.TableCell[]) =>
    cells.map((cell) => plain(cell.tokens)).join(cells.length === 2 ? ': ' : ' | ');
  const opening = '<table width="100%" style="border-collapse:collapse">';
  return {
    mjml: inText(`${opening}${titled ? `<thead><tr>${head}</tr></thead>` : ''}<tbody>${body.join('')}</tbody></table>`),
    text: [...(titled && header.length !== 2 ? [line(header)] : []), ...rows.map(line)].join('\n'),
  };
}

/** Inline Markdown as plain text: a link keeps its address behind its label. */
function plain(tokens: Token[]): string {
  return tokens
    .map((token) => {
      if (token.type === 'link') {
        const { tokens: label, href } = token as Tokens.Link;
        const words = plain(label);
        return words === href ? href : `${words} (${href})`;
      }
      if (token.type === 'br') return '\n';
      if ('tokens' in token && token.tokens) return plain(token.tokens);
      return unescaped('text' in token ? String(token.text) : token.raw);
    })
    .join('');
}

const ENTITIES: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };
const unescaped = (text: string) => text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity]!);
