import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'dist-*/', 'node_modules/', 'models/**/assembly/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers in messages are what the messages are about.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A loop over samples reads `x[i] as number`: the bound is the loop's own condition.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // The core is pure: no Node module, no clock, no random source (design principle 1).
    files: [
      'runtime/signal/**/*.ts',
      'runtime/detect/**/*.ts',
      'runtime/decide/**/*.ts',
      'runtime/contracts.ts',
      'drivers/**/protocol.ts',
      'drivers/**/session.ts',
      'drivers/sleeper/*.ts',
      'models/engine/**/*.ts',
    ],
    ignores: ['**/*.test.ts', '**/*.test.fixture.ts', '**/*.laws.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['node:*', 'koffi', 'serialport', 'better-sqlite3', 'mqtt', 'zod', 'pino'],
              message: 'The core is pure: keep input and output at the edges.',
            },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        'process',
        'performance',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'Buffer',
        'require',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now' },
        { object: 'Math', property: 'random' },
      ],
    },
  },
  {
    files: ['**/*.test.ts', '**/*.laws.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-floating-promises': 'off',
      'max-lines': 'off',
    },
  },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], ...tseslint.configs.disableTypeChecked },
);
