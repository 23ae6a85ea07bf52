import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { describePlaybook } from '../../playbooks/publish/describe.ts';
import { readShipped } from '../../playbooks/publish/read-shipped.ts';
import { readPersona } from './persona.ts';
import { table } from './print-table.ts';

const USAGE = `usage: npm run --silent rehearse -- <playbook-id> (--persona <file.json> | --describe) [--json]

  --persona <file.json>   lives the persona through the playbook in skipped time; docs/persona.json is an example
  --describe              prints what the playbook reads: facts, metrics, events, steps and configuration
  --json                  one JSON object instead of a dated table`;

/** `npm run rehearse`: a persona's whole journey in seconds, on an engine and a database of its own. */
async function main(): Promise<void> {
  const { values, positionals } = argsOf();
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const [id] = positionals;
  if (!id || positionals.length > 1 || (!values.describe && !values.persona))
    throw new TenureError('invalid-request', USAGE);
  const playbook = await readShipped(id);
  if (values.describe) {
    process.stdout.write(`${JSON.stringify(describePlaybook(playbook), null, 2)}\n`);
    return;
  }
  const persona = readPersona(await readJson(values.persona!), playbook);
  // The engine's libraries take seconds to load, and whoever is refused or only asks does not wait for them.
  const [{ breakGround }, { rehearse }] = await Promise.all([import('./ground.ts'), import('./rehearse.ts')]);
  const ground = await breakGround((line) => process.stderr.write(`${line}\n`));
  try {
    const story = await rehearse(ground, playbook, persona);
    process.stdout.write(values.json ? `${JSON.stringify(story, null, 2)}\n` : table(story, persona));
  } finally {
    await ground.stop();
  }
}

function argsOf() {
  const flag = { type: 'boolean' } as const;
  const options = { persona: { type: 'string' }, describe: flag, json: flag, help: { ...flag, short: 'h' } } as const;
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    throw new TenureError('invalid-request', `${(error as Error).message}\n\n${USAGE}`);
  }
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new TenureError('invalid-request', `cannot read ${file}`);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TenureError('invalid-request', `${file} is not JSON: ${(error as Error).message}`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof TenureError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
});
