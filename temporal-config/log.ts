import { mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { pino } from 'pino';
import type { Logger } from 'pino';

/** The process's log, as JSON lines on stderr or into a file: ids and codes, never personal data. */
export function createLog(level: string, file?: string): Logger {
  return pino(
    {
      level,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination(file ? { fd: opened(file), sync: false } : { fd: 2, sync: true }),
  );
}

// Opened at once: a process that exits while pino still opens its file dies with pino's error in place of its own.
function opened(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  return openSync(file, 'a');
}
