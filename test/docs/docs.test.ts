import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../temporal-config/root.ts';
import { errors } from '../../workflows/contracts/errors.ts';

const root = projectRoot();
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const below = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));

const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...below('docs', '.md')];
const decisions = below('docs/decisions', '.md');
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['node_modules', 'dist', 'test-results', '.tenure'].includes(entry.name))
  .map((entry) => entry.name);

/** What is in backticks or blocks of code, word by word. */
const code = (text: string) =>
  [...text.matchAll(/```[^\n]*\n([\s\S]*?)```|`([^`\n]+)`/g)].flatMap((match) =>
    (match[1] ?? match[2]!).split(/[\s"'(),;]+/),
  );

/** Paths that a document names: links, and words of code that begin with a folder of ours. A pattern stands for the folder that it is in. */
function citedPaths(document: string): { cited: string; path: string }[] {
  const text = read(document);
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1]!)
    .filter((link) => !/^([a-z]+:|#)/.test(link));
  const words = code(text).filter(
    (word) => folders.some((folder) => word.startsWith(`${folder}/`)) && !word.includes('://'),
  );
  return [
    ...links.map((cited) => ({ cited, path: join(dirname(document), cited.replace(/#.*$/, '')) })),
    ...words.map((cited) => ({
      cited,
      path: cited
        .replace(/[:#].*$/, '')
        .replace(/[^/]*[*<{…].*$/, '')
        .replace(/\.$/, ''),
    })),
  ];
}

describe.each(documents)('%s', (document) => {
  it('names only files that are there', () => {
    const gone = citedPaths(document).filter(({ path }) => !existsSync(join(root, path)));
    expect(gone.map(({ cited }) => cited)).toEqual([]);
  });

  it('links only to headings that are there', () => {
    const broken = [...read(document).matchAll(/\]\(([^)\s]*)#([^)\s]+)\)/g)].filter(([, file, anchor]) => {
      if (/^[a-z]+:/.test(file!)) return false;
      return !headings(file === '' ? document : join(dirname(document), file!)).includes(anchor!);
    });
    expect(broken.map((match) => match[0])).toEqual([]);
  });

  it('names only commands that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read(document).matchAll(/npm (?:run (?:--?[\w-]+ )*([\w:-]+)|(start|test)\b)/g)].map(
      (match) => match[1] ?? match[2]!,
    );
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

function headings(file: string): string[] {
  const titles = [...read(file).matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!.toLowerCase());
  return titles.map((title) => title.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}

describe('the README', () => {
  it('is read in one sitting', () => {
    expect(read('README.md').split('\n').length).toBeLessThan(200);
  });

  it('follows one journey through eight files', () => {
    const section = /^## Follow one journey\n([\s\S]*?)(?=^## )/m.exec(read('README.md'))?.[1] ?? '';
    expect([...section.matchAll(/^\d+\. \[[^\]]+\]\(([^)]+)\)/gm)]).toHaveLength(8);
  });
});

describe('the decisions', () => {
  it.each(decisions)('%s names the test or lint that confirms it', (file) => {
    const confirmed = /^\*{0,2}Confirmed by\*{0,2}(.+(?:\n.+)*)/m.exec(read(file))?.[1] ?? '';
    const paths = code(confirmed).filter((word) => word.includes('/'));
    expect(paths).not.toEqual([]);
    for (const path of paths) expect(existsSync(join(root, path)), path).toBe(true);
  });

  it('are numbered in a row', () => {
    const numbers = decisions.map((file) => Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(file)?.[1])).sort((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});

describe('docs/errors.md', () => {
  it('is the registry of errors', () => {
    const rows = [...read('docs/errors.md').matchAll(/^\| `([a-z-]+)` *\| (\d+) *\| (yes|no) *\| (.+?) *\|$/gm)];
    const documented = rows.map(([, code, status, again, title]) => [
      code,
      { status: Number(status), title, retryable: again === 'yes' },
    ]);
    expect(Object.fromEntries(documented)).toEqual(errors);
    expect(documented.map(([code]) => code)).toEqual(Object.keys(errors));
  });
});

describe('the sources', () => {
  const sources = ['workflows', 'activities', 'api', 'db', 'playbooks', 'temporal-config', 'workers'].flatMap(
    (folder) => below(folder, '.ts'),
  );

  it('say of every exported function and class what it is for', () => {
    const silent = sources.flatMap((file) => {
      const lines = read(file).split('\n');
      return lines.flatMap((line, index) => {
        const name =
          /^export (?:default )?(?:async )?(?:function\*?|class|const(?= \w+[^=]*= (?:async )?[(<])) (\w+)/.exec(
            line,
          )?.[1];
        return name && !lines[index - 1]!.trimEnd().endsWith('*/') ? [`${file}: ${name}`] : [];
      });
    });
    expect(silent).toEqual([]);
  });
});
