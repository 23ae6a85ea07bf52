const LIQUID_TOKEN = /\{%-?\s*raw\s*-?%\}[\s\S]*?\{%-?\s*endraw\s*-?%\}|\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g;
const MARK = /lqd(\d+)dql/g;
const TAGS_ONLY = /^(?:\s*\{%[^%]*%\})+\s*$/;
const ITEM = /^\s*(?:[-*+]|\d+[.)])\s/;
const LINK_ONLY = /^\[[^\]]+\]\([^)]*\)\s*$/;

/** Markdown in which every Liquid token is a plain word, so that Markdown reads none of it. */
export type Shielded = {
  text: string;
  /** The words as Liquid again. */
  restore(text: string): string;
  /** Whether a paragraph is nothing but Liquid tags. */
  isTags(text: string): boolean;
  /** A list item's text without the tags that stood on lines of their own before and after the item. */
  lift(text: string): { before: string[]; inner: string; after: string[] };
};

/** Takes Liquid out of Markdown's sight. Tags on lines of their own are set apart, or go with the list item beside them. */
export function shield(source: string): Shielded {
  const tokens: string[] = [];
  const lifted = new Map<number, 'before' | 'after'>();
  const mark = (token: string, as?: 'before' | 'after') => {
    if (as) lifted.set(tokens.length, as);
    return `lqd${tokens.push(token) - 1}dql`;
  };
  const lines = attach(apart(source.replace(/\r\n?/g, '\n').split('\n')));
  const text = lines
    .map(({ line, before, after }) => {
      const shielded = line.replace(LIQUID_TOKEN, (token) => mark(token));
      if (before.length + after.length === 0) return shielded;
      const [bullet = ''] = ITEM.exec(shielded) ?? [];
      const marks = (tags: string[], as: 'before' | 'after') => tags.map((tag) => mark(tag, as)).join('');
      return `${bullet}${marks(before, 'before')}${shielded.slice(bullet.length)}${marks(after, 'after')}`;
    })
    .join('\n');
  const restore = (shielded: string) => shielded.replace(MARK, (_all, index: string) => tokens[Number(index)]!);
  return {
    text,
    restore,
    isTags: (paragraph) => TAGS_ONLY.test(restore(paragraph)),
    lift: (item) => {
      const found = { before: [] as string[], after: [] as string[] };
      const inner = item.replace(MARK, (all, index: string) => {
        const as = lifted.get(Number(index));
        if (!as) return all;
        found[as].push(tokens[Number(index)]!);
        return '';
      });
      return { ...found, inner: inner.trim() };
    },
  };
}

/** Lines that are only a link or only tags are blocks of their own. */
function apart(lines: string[]): string[] {
  return lines.flatMap((line) => (LINK_ONLY.test(line.replace(LIQUID_TOKEN, 'x')) ? ['', line, ''] : [line]));
}

type Line = { line: string; before: string[]; after: string[] };

/** Tags that open before a list item and close after one go with it: the list stays one list. */
function attach(lines: string[]): Line[] {
  const made: Line[] = [];
  let waiting: string[] = [];
  for (const [i, line] of lines.entries()) {
    if (!TAGS_ONLY.test(line)) {
      made.push({ line, before: waiting, after: [] });
      waiting = [];
      continue;
    }
    const tags = line.match(LIQUID_TOKEN) ?? [];
    const closes = /^\{%-?\s*end/.test(tags[0]!);
    const last = made.at(-1);
    if (!closes && ITEM.test(lines.slice(i + 1).find((one) => !TAGS_ONLY.test(one)) ?? '')) waiting.push(...tags);
    else if (closes && last && inItem(made)) last.after.push(...tags);
    else made.push(...['', line, ''].map((one) => ({ line: one, before: [], after: [] })));
  }
  return made;
}

/** Whether the newest line is of a list item: one, or what continues it. */
function inItem(made: Line[]): boolean {
  for (let i = made.length - 1; i >= 0 && made[i]!.line.trim() !== ''; i--) if (ITEM.test(made[i]!.line)) return true;
  return false;
}
