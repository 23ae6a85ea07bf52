import { readFileSync, readdirSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { openApi } from '../api/openapi.ts';
import * as schema from '../db/schema/index.ts';
import { playbookJsonSchema } from '../playbooks/publish/json-schema.ts';

type Stale = { file: string; repair: string };

const read = (path: string) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')) as unknown;
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

const stale = [playbookSchema(), await openApiDocument(), await migrations()].filter((one) => one !== undefined);
for (const { file, repair } of stale) process.stderr.write(`${file} is stale: ${repair}\n`);
process.exit(stale.length > 0 ? 1 : 0);

async function openApiDocument(): Promise<Stale | undefined> {
  const file = 'api/openapi.json';
  if (isDeepStrictEqual(read(file), JSON.parse(await openApi()))) return undefined;
  return { file, repair: 'npx tsx api/generate-openapi.ts' };
}

function playbookSchema(): Stale | undefined {
  const file = 'playbooks/playbook.schema.json';
  if (isDeepStrictEqual(read(file), plain(playbookJsonSchema()))) return undefined;
  return { file, repair: 'npx tsx playbooks/publish/write-json-schema.ts' };
}

/** Whether what the migrations lead to is the schema; nothing is written. */
async function migrations(): Promise<Stale | undefined> {
  const last = readdirSync(new URL('../db/migrations/meta', import.meta.url))
    .filter((name) => name.endsWith('_snapshot.json'))
    .sort()
    .at(-1);
  const before = read(`db/migrations/meta/${last}`) as ReturnType<typeof generateDrizzleJson>;
  const statements = await generateMigration(before, generateDrizzleJson(schema, before.id));
  if (statements.length === 0) return undefined;
  const repair = `npx drizzle-kit generate --config db/drizzle.config.ts, which would say:\n${statements.join('\n')}`;
  return { file: 'db/migrations', repair };
}
