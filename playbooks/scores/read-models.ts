import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '../../temporal-config/root.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { modelProblems } from './model-problems.ts';
import { ScoreModel } from './model-schema.ts';

const FOLDER = join('playbooks', 'scores', 'models');

/** Every model in every version, from `models/<id>.v<version>.yaml`. Throws when one of them cannot be. */
export const models: readonly ScoreModel[] = readdirSync(join(projectRoot(), FOLDER))
  .filter((name) => name.endsWith('.yaml'))
  .sort()
  .map((name) => {
    const model = readModel(readFileSync(join(projectRoot(), FOLDER, name), 'utf8'), name);
    if (name !== `${model.id}.v${model.version}.yaml`)
      throw new TypeError(`${FOLDER}/${name} holds ${model.id} version ${model.version}`);
    return model;
  });

/** A model out of its YAML; throws with every problem of it. */
export function readModel(source: string, name: string): ScoreModel {
  const parsed = ScoreModel.safeParse(parse(source));
  if (!parsed.success) throw new TypeError(`${name}: ${z.prettifyError(parsed.error)}`);
  const problems = modelProblems(parsed.data);
  if (problems.length > 0) throw new TypeError(`${name}: ${problems.join('; ')}`);
  return parsed.data;
}

/** The newest version of each model. */
export const newestModels: readonly ScoreModel[] = [
  ...new Map([...models].sort((a, b) => a.version - b.version).map((model) => [model.id, model])).values(),
];

/** A model by id, the newest version unless one is named; throws TenureError `unknown-model`. */
export function modelOf(id: string, version?: number): ScoreModel {
  const found =
    version === undefined
      ? newestModels.find((model) => model.id === id)
      : models.find((model) => model.id === id && model.version === version);
  if (found) return found;
  const known = newestModels.map((model) => model.id);
  const what = version === undefined ? `model ${id}` : `version ${version} of ${id}`;
  throw new TenureError('unknown-model', `There is no ${what}. Known: ${known.join(', ')}.`, { known });
}
