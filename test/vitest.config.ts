import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));
const pure = ['test/workflows/{kernel,rules,contracts}/**/*.test.ts'];

export default defineConfig({
  root,
  test: {
    reporters: ['default', 'json'],
    outputFile: { json: 'test-results/report.json' },
    // More than two cores' worth: rehearsals wait for the engine for a third of their time.
    maxWorkers: 3,
    teardownTimeout: 30_000,
    // Files of one fork share its modules and its warm code: no test may change what a module keeps.
    isolate: false,
    // Ceilings, for loaded machines; nothing waits for them that does not fail.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 180_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: pure,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: ['test/**/*.test.ts'],
          exclude: [...pure, '**/node_modules/**'],
          globalSetup: ['test/support/global-setup.ts'],
          pool: 'forks',
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
