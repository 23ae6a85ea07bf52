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
    pino.destination(file ? { dest: file, mkdir: true, sync: false } : { fd: 2, sync: true }),
  );
}
