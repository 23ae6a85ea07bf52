import { readSpec } from './read-spec.ts';

/** `npm run spec`: which ids of the specification are fulfilled by what, as a table or with `--json` as an array. */
function main(args: string[]): void {
  const unknown = args.filter((arg) => arg !== '--json');
  if (unknown.length > 0) {
    process.stderr.write(`unknown argument ${unknown[0]}; usage: npm run --silent spec -- [--json]\n`);
    process.exitCode = 2;
    return;
  }
  const entries = readSpec();
  if (args.includes('--json')) return void process.stdout.write(`${JSON.stringify(entries, null, 2)}\n`);
  const width = Math.max(...entries.map((entry) => entry.id.length));
  for (const { id, by, name, test } of entries)
    process.stdout.write(`${id.padEnd(width)}  ${by.padEnd(9)}${name === null ? '' : `  ${name}  ${test}`}\n`);
  const built = entries.filter((entry) => entry.by !== 'not yet').length;
  process.stdout.write(`\n${built} of ${entries.length} ids are built.\n`);
}

main(process.argv.slice(2));
