import { spawn } from 'node:child_process';

type Check = { name: string; command: string[] };

const checks: Check[] = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  {
    name: 'lint',
    command: [
      'eslint',
      '-c',
      'test/eslint.config.js',
      '--cache',
      '--cache-location',
      'node_modules/.cache/eslint/',
      '.',
    ],
  },
  {
    name: 'format',
    command: ['prettier', '--check', '--log-level', 'warn', '--cache', '.', '!test/replay/histories/**'],
  },
  { name: 'generated files', command: ['tsx', 'test/generated.ts'] },
  {
    name: 'kernel tests',
    command: ['vitest', 'run', '-c', 'test/vitest.config.ts', '--project', 'fast', '--reporter', 'dot'],
  },
];

/** `npm run verify`: what needs no services, all at once; prints the output of what failed. */
const results = await Promise.all(checks.map(run));
for (const { name, ok, output, seconds } of results) {
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)\n${ok ? '' : `${output}\n`}`);
}
process.exit(results.every((result) => result.ok) ? 0 : 1);

async function run({ name, command }: Check) {
  const started = Date.now();
  const [program, ...args] = command;
  const child = spawn(`node_modules/.bin/${program}`, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ok = await new Promise<boolean>((resolve) => child.on('close', (code) => resolve(code === 0)));
  return { name, ok, output, seconds: (Date.now() - started) / 1000 };
}
