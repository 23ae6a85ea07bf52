import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { format } from 'prettier';
import { projectRoot } from '../../temporal-config/root.ts';
import { playbookJsonSchema } from './json-schema.ts';

const file = join(projectRoot(), 'playbooks', 'playbook.schema.json');
const schema = JSON.parse(JSON.stringify(playbookJsonSchema())) as unknown;
if (!process.argv.includes('--check'))
  writeFileSync(file, await format(JSON.stringify(schema), { parser: 'json', printWidth: 120 }));
else if (!isDeepStrictEqual(JSON.parse(readFileSync(file, 'utf8')), schema)) {
  process.stderr.write('playbooks/playbook.schema.json is stale: npx tsx playbooks/publish/write-json-schema.ts\n');
  process.exitCode = 1;
}
