import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { symbols } from 'pino';
import { expect, test } from 'vitest';
import { createLog } from '../../temporal-config/log.ts';
import { scratchFolder } from './scratch.ts';

test('a log file can be flushed from its first moment, as an exit does', () => {
  const file = join(scratchFolder(), 'logs', 'tenure.log');
  const log = createLog('info', file);
  log.info({ journeyId: 'j1' }, 'said');
  (log as unknown as Record<symbol, { flushSync(): void }>)[symbols.streamSym]!.flushSync();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ level: 'info', journeyId: 'j1', msg: 'said' });
});
