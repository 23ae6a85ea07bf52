import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { LogLevel } from '@temporalio/worker';
import type { Logger } from 'pino';

const METHOD: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};
const KEPT = [
  'workflowId',
  'runId',
  'workflowType',
  'activityId',
  'activityType',
  'attempt',
  'taskQueue',
  'namespace',
  'error',
];

/** Sends the SDK's own log there too; once a process, before the first connection. Of an entry only ids and the error's code are kept. */
export function installRuntime(log: Logger): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const fields = Object.fromEntries(Object.entries(meta ?? {}).filter(([key]) => KEPT.includes(key)));
      if (fields.error instanceof Error) fields.error = `${fields.error.name}: ${fields.error.message}`;
      log[METHOD[level]](fields, message);
    }),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
}
