import { availableParallelism } from 'node:os';

/** The money core, and how its mutants are run. `prove/mutants.ts` starts this. */
export default {
  mutate: [
    'src/transactions/transaction.ts',
    'src/transactions/apply-movement.ts',
    'src/transactions/money-call.ts',
    'src/transactions/give-back.ts',
    'src/transactions/end-hold.ts',
    'src/sessions/apply-outcome.ts',
    'src/sessions/move.ts',
    'src/sessions/attempts.ts',
    'src/sessions/due.ts',
    'src/operations/run.ts',
  ],
  // A changed text of a union does not compile; the others are words for people.
  mutator: { excludedMutations: ['StringLiteral'] },
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'prove/mutants/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  concurrency: Math.max(2, availableParallelism()),
  // Beside half as long again as the tests took: what waits for ever is ended by its test before.
  timeoutMS: 60_000,
  disableTypeChecks: false,
  tempDirName: '.stryker-tmp',
  ignorePatterns: ['dist', 'docs', 'bench', 'src/console', 'src/checkout'],
  packageManager: 'npm',
  warnings: { slow: false },
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: 'coverage/mutants.json' },
};
