import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { Playbook } from '../../workflows/contracts/playbook.ts';

/** One reason why a playbook cannot be published, and where: `stages[1].steps[0].variants[2].when`. */
export type PlaybookProblem = { path: string; message: string };
export type Parsed = { ok: true; playbook: Playbook } | { ok: false; problems: PlaybookProblem[] };

/** 128 KiB: eight times the largest timetable. */
const MAX_SOURCE = 128 * 1024;

/** Reads a playbook's YAML (JSON is YAML) by the schema; never throws. */
export function parsePlaybook(yamlText: string): Parsed {
  if (Buffer.byteLength(yamlText) > MAX_SOURCE)
    return { ok: false, problems: [{ path: '', message: `is larger than ${MAX_SOURCE / 1024} KiB` }] };
  const document = parseDocument(yamlText, { uniqueKeys: true });
  if (document.errors.length > 0)
    return { ok: false, problems: document.errors.map((e) => ({ path: '', message: e.message.split('\n')[0]! })) };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 20 });
  } catch (error) {
    return { ok: false, problems: [{ path: '', message: (error as Error).message }] };
  }
  const parsed = Playbook.safeParse(value);
  if (parsed.success) return { ok: true, playbook: parsed.data };
  return {
    ok: false,
    problems: parsed.error.issues.flatMap((issue) => told(issue)),
  };
}

type Issue = z.core.$ZodIssue;

/** Of several forms that a value may have, the problems of the one that it comes nearest to. */
function told(issue: Issue, at: readonly PropertyKey[] = []): PlaybookProblem[] {
  const path = [...at, ...issue.path];
  const [nearest] = issue.code === 'invalid_union' ? [...issue.errors].sort(nearness) : [];
  if (!nearest || nearest.length === 0) return [{ path: pathText(path), message: issue.message }];
  return nearest.flatMap((one) => told(one as Issue, path));
}

const depth = (issues: readonly { path: readonly PropertyKey[] }[]) =>
  Math.max(...issues.map((one) => one.path.length));
const nearness = (a: z.core.$ZodIssue[], b: z.core.$ZodIssue[]) => a.length - b.length || depth(b) - depth(a);

/** `['stages', 0, 'title']` → `stages[0].title`. */
export const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => text + (typeof key === 'number' ? `[${key}]` : `${text && '.'}${String(key)}`),
    '',
  );
