import { parseArgs } from 'node:util';
import { breakBenchGround } from './bench-ground.ts';
import type { BenchGround } from './bench-ground.ts';
import { benchCommand } from './command.ts';
import { benchEvents, benchUsage } from './events.ts';
import { benchHealth } from './health.ts';
import { benchIncident } from './incident.ts';
import { medianBy, round } from './measure.ts';
import { benchRenewalSweep } from './renewal-sweep.ts';
import { benchSleep } from './sleep.ts';
import { benchStart } from './start.ts';
import { benchTouch } from './touch.ts';

const ROUNDS = 3;
type Figures = Record<string, number>;
type Options = { journeys: number; accounts: number; events: number; affected: number };

const measurements: Record<string, (ground: BenchGround, options: Options) => Promise<Figures>> = {
  start: (ground) =>
    median(
      (i) => benchStart(ground, i),
      (row) => row.ratio,
    ),
  touch: (ground) =>
    median(
      (i) => benchTouch(ground, i),
      (row) => row.ratio,
    ),
  command: (ground) =>
    median(
      (i) => benchCommand(ground, i),
      (row) => row.p50Ms,
    ),
  sleep: (ground, { journeys }) => benchSleep(ground, journeys),
  events: (ground) =>
    median(
      (i) => benchEvents(ground, i),
      (row) => row.callsPerS,
    ),
  usage: (ground, { events }) => benchUsage(ground, events),
  health: (ground, { accounts }) => benchHealth(ground, accounts),
  'renewal-sweep': (ground, { accounts }) => benchRenewalSweep(ground, accounts),
  incident: (ground, { affected }) => benchIncident(ground, affected),
};

async function median<T extends Figures>(measure: (i: number) => Promise<T>, of: (row: T) => number): Promise<T> {
  const rows: T[] = [];
  for (let i = 0; i < ROUNDS; i++) rows.push(await measure(i));
  return medianBy(rows, of);
}

/** `npm run bench -- start touch sleep command events usage health [--json] [--journeys n] [--events n] [--accounts n]`: medians of three (sleep, usage, health: once), on the embedded system. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      journeys: { type: 'string', default: '10000' },
      accounts: { type: 'string', default: '100000' },
      events: { type: 'string', default: '1000000' },
      affected: { type: 'string', default: '5000' },
    },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(measurements);
  const unknown = names.filter((name) => !(name in measurements));
  if (unknown.length > 0)
    throw new Error(`no such measurement: ${unknown.join(', ')}. There are: ${Object.keys(measurements).join(', ')}`);
  const ground = await breakBenchGround();
  const figures: Record<string, Figures> = {};
  try {
    for (const name of names) {
      process.stderr.write(`measuring ${name} …\n`);
      const row = await measurements[name]!(ground, {
        journeys: Number(values.journeys),
        accounts: Number(values.accounts),
        events: Number(values.events),
        affected: Number(values.affected),
      });
      figures[name] = Object.fromEntries(
        Object.entries(row).map(([key, value]) => [key, round(value, key === 'ratio' ? 2 : 1)]),
      );
    }
  } finally {
    await ground.stop();
  }
  process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : table(figures));
}

function table(figures: Record<string, Figures>): string {
  const rows = Object.entries(figures).flatMap(([name, row]) =>
    Object.entries(row).map(([key, value]) => `| ${name} | ${key} | ${value} |`),
  );
  return ['| measurement | figure | value |', '|---|---|---|', ...rows, ''].join('\n');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
