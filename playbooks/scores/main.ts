import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { describeModel } from './describe-model.ts';
import { evaluateScore } from './evaluate-score.ts';
import type { Score } from './evaluate-score.ts';
import { modelOf } from './read-models.ts';

const USAGE =
  'usage: npm run --silent score -- --model <id> [--version <n>] (--inputs <file.json> [--json] | --describe)';
const REFUSED = 2;

/** `npm run score`: scores the inputs of a file by a model and explains it, without a server. Answers the exit code: 2 when something given was refused. */
function main(args: string[]): number {
  try {
    const { model: id, version, inputs, json, describe } = options(args);
    if (!id || (!describe && !inputs)) throw new TenureError('invalid-request', USAGE);
    const model = modelOf(id, version);
    if (describe) {
      process.stdout.write(`${JSON.stringify(describeModel(model), null, 2)}\n`);
      return 0;
    }
    const score = evaluateScore(model, readJson(inputs!));
    process.stdout.write(json ? `${JSON.stringify(score, null, 2)}\n` : table(score));
    return 0;
  } catch (error) {
    if (!(error instanceof TenureError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return REFUSED;
  }
}

function options(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        model: { type: 'string' },
        version: { type: 'string' },
        inputs: { type: 'string' },
        json: { type: 'boolean' },
        describe: { type: 'boolean' },
      },
    });
    return { ...values, version: values.version === undefined ? undefined : Number(values.version) };
  } catch (error) {
    throw new TenureError('invalid-request', `${(error as Error).message}\n${USAGE}`);
  }
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new TenureError('invalid-request', `cannot read ${file}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TenureError('invalid-request', `${file} is not JSON: ${(error as Error).message}`);
  }
}

function table({ model, version, score, band, confidence, contributions }: Score): string {
  const width = Math.max(0, ...contributions.map(({ metric }) => metric.length));
  const rows = contributions.map(
    ({ metric, value, weight, points }) =>
      `  ${metric.padEnd(width)}  ${String(value).padStart(12)}  × ${weight.toFixed(4)}  ${points.toFixed(2).padStart(8)}`,
  );
  const known = `${Math.round(confidence * 100)} % known`;
  return [`${model} v${version}: ${score ?? '–'}  ${band ?? 'no band'}  (${known})`, ...rows, ''].join('\n');
}

process.exitCode = main(process.argv.slice(2));
