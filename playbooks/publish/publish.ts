import { createHash } from 'node:crypto';
import type { CompiledTemplate } from '../../activities/render/template-schema.ts';
import type { Db } from '../../db/database.ts';
import { playbookKinds } from '../../db/queries/playbooks/playbook-kinds.ts';
import { insertPlaybook } from '../../db/queries/playbooks/insert-playbook.ts';
import { readAllTemplates } from '../../db/queries/playbooks/read-all-templates.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { parsePlaybook } from './parse-playbook.ts';
import type { Surroundings } from './check-triggers.ts';
import type { PlaybookProblem } from './parse-playbook.ts';
import { validatePlaybook } from './validate-playbook.ts';

export type Published = { id: string; version: number; created: boolean };
export type PublishInput = {
  /** YAML or JSON text. */
  source: string;
  /** Who publishes it. */
  by: string;
  now: Date;
  /** Default: all published templates. */
  templates?: CompiledTemplate[];
  /** Kinds of all playbooks by id; default: those published. */
  kinds?: ReadonlyMap<string, string>;
};

/**
 * Publishes a playbook as the next version of its id; content that is published already answers with its version.
 * Throws TenureError `invalid-playbook` with every problem found.
 */
export async function publish(db: Db, input: PublishInput): Promise<Published> {
  const templates = input.templates ?? (await readAllTemplates(db));
  const playbook = mustBeValid(input.source, templates, { kinds: input.kinds ?? (await playbookKinds(db)) });
  const { source, by, now } = input;
  return insertPlaybook(db, { playbook, source, sha256: sha256Of(playbook), by, now });
}

/** The playbook of a source that can be published; throws TenureError `invalid-playbook` with every problem found. */
export function mustBeValid(
  source: string,
  templates: CompiledTemplate[],
  surroundings: Partial<Surroundings> = {},
): Playbook {
  const checked = checkPlaybook(source, templates, surroundings);
  if ('playbook' in checked) return checked.playbook;
  throw new TenureError('invalid-playbook', summary(checked.problems), { problems: checked.problems });
}

/** Reads and validates without publishing. */
export function checkPlaybook(
  source: string,
  templates: CompiledTemplate[],
  surroundings: Partial<Surroundings> = {},
): { playbook: Playbook } | { problems: PlaybookProblem[] } {
  const parsed = parsePlaybook(source);
  if (!parsed.ok) return { problems: parsed.problems };
  const problems = validatePlaybook(parsed.playbook, { templates, ...surroundings });
  return problems.length > 0 ? { problems } : { playbook: parsed.playbook };
}

/** Of the meaning, not of the text: comments and order of keys make no new version. */
export const sha256Of = (playbook: Playbook): string => createHash('sha256').update(canonical(playbook)).digest('hex');

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`)
    .join(',')}}`;
}

const summary = (problems: PlaybookProblem[]) => {
  const [first] = problems;
  const rest = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return `The playbook cannot be published: ${first!.path ? `${first!.path} ` : ''}${first!.message}${rest}.`;
};
