import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'eslint/config';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Who may import what, the first line that matches the importing file counts. `to`: folders or files of ours; `types`: those of which
 * only types; `packages`: those of others (without it: any). A folder that is not listed may import everything.
 */
const boundaries = [
  { from: 'workflows/contracts', to: ['workflows/contracts'], packages: ['zod'] },
  {
    from: 'workflows/kernel',
    to: ['workflows/kernel', 'workflows/contracts'],
    types: ['workflows/rules'],
    packages: [],
  },
  { from: 'workflows/rules', to: ['workflows/rules', 'workflows/kernel', 'workflows/contracts'], packages: [] },
  {
    from: 'workflows',
    to: ['workflows'],
    types: ['activities'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
  },
  { from: 'db', to: ['db', 'workflows/contracts'], packages: ['drizzle-orm', 'drizzle-kit', 'postgres', 'node:'] },
  {
    from: 'activities',
    to: ['activities', 'db', 'playbooks/cel', 'playbooks/judge', 'playbooks/calendar', 'playbooks/scores'].concat(
      ['messages.ts', 'contracts', 'kernel', 'rules'].map((part) => `workflows/${part}`),
    ),
    types: ['temporal-config'],
  },
  {
    from: 'api',
    to: [
      'api',
      'db',
      'temporal-config',
      'playbooks',
      'package.json',
      'activities/unsubscribe-token.ts',
      'activities/survey-token.ts',
      'activities/crm/hubspot/fields.ts',
    ].concat(['messages.ts', 'contracts', 'kernel', 'rules'].map((part) => `workflows/${part}`)),
    types: ['workflows', 'activities', 'workers'],
  },
  { from: 'temporal-config', to: ['temporal-config'] },
];

const inside = (path, place) => path === place || path.startsWith(place.endsWith(':') ? place : `${place}/`);

const boundaryRule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { boundary: '{{from}} may not import {{what}}{{hint}} (DESIGN §2)' },
  },
  create(context) {
    const file = relative(root, context.filename).split(sep).join('/');
    const rule = boundaries.find(({ from }) => inside(file, from));
    if (!rule) return {};
    const check = (node, typeOnly) => {
      const source = node?.value;
      if (typeof source !== 'string') return;
      const local = source.startsWith('.');
      const what = local
        ? relative(root, resolve(dirname(context.filename), source))
            .split(sep)
            .join('/')
        : source;
      const allowed = local ? rule.to : rule.packages;
      if (!allowed || allowed.some((place) => inside(what, place))) return;
      const types = local && rule.types?.some((place) => inside(what, place));
      if (types && typeOnly) return;
      const hint = types ? ' except by `import type`' : '';
      context.report({ node, messageId: 'boundary', data: { from: rule.from, what, hint } });
    };
    return {
      ImportDeclaration: (node) => check(node.source, node.importKind === 'type'),
      ExportNamedDeclaration: (node) => check(node.source, node.exportKind === 'type'),
      ExportAllDeclaration: (node) => check(node.source, node.exportKind === 'type'),
      ImportExpression: (node) => check(node.source, false),
      TSImportType: (node) => check(node.source ?? node.argument?.literal, true),
    };
  },
};

const environment = {
  object: 'process',
  property: 'env',
  message: 'Only temporal-config/config.ts reads the environment.',
};
const pure = 'Time, chance and the outside come in as arguments (HOUSE 3).';
const timers = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'queueMicrotask',
];
const outside = ['process', 'console', 'Buffer', 'performance', 'crypto', 'fetch', 'require', 'globalThis', 'global'];
const named = (names, message) => names.map((name) => ({ name, message }));
const zones = [
  ...['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'].map((method) => ({
    selector: `CallExpression[callee.property.name='${method}']`,
    message: 'A new version of the zone rules would move it without a replay noticing; format outside of workflows.',
  })),
];
const databaseTime = String.raw`\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\s*\(\s*\)|\bcurrent_(timestamp|date|time)\b|\blocaltimestamp\b`;
const banned = (selector) => ({
  selector,
  message: 'SQL gets the time as a parameter, never from the database (DESIGN §3.5).',
});

export default defineConfig(
  { ignores: ['node_modules/', 'dist/', '.tenure/', 'test-results/', 'console/', 'test/lint/fixtures/'] },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: root },
    },
    plugins: {
      '@typescript-eslint': tseslint.plugin,
      'import-x': importX,
      tenure: { rules: { boundaries: boundaryRule } },
    },
    settings: {
      'import-x/extensions': ['.ts', '.js'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'import-x/no-cycle': 'error',
      'tenure/boundaries': 'error',
      'no-restricted-properties': ['error', environment],
      'no-var': 'error',
      'prefer-const': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  { files: ['temporal-config/config.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...named(['Intl', ...outside.filter((name) => name !== 'globalThis')], pure)],
      'no-restricted-syntax': ['error', ...zones],
    },
  },
  {
    files: ['workflows/{kernel,rules,contracts}/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...named(['Intl', ...timers, ...outside], pure)],
      'no-restricted-properties': [
        'error',
        environment,
        { object: 'Date', property: 'now', message: pure },
        { object: 'Math', property: 'random', message: pure },
      ],
      'no-restricted-syntax': [
        'error',
        ...zones,
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: pure },
        { selector: "CallExpression[callee.name='Date']", message: pure },
      ],
    },
  },
  {
    files: ['db/queries/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        banned(`TemplateElement[value.raw=/${databaseTime}/i]`),
        banned(`Literal[value=/${databaseTime}/i]`),
      ],
    },
  },
);
