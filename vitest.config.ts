import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Amounts and instants are written in the machine's language; the tests expect one of them.
process.env['LC_ALL'] = 'en_US.UTF-8';

export default defineConfig({
  // Vite would read graphql's ESM build while Node's own imports read the CommonJS one, and graphql refuses to be there twice.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/template.ts'],
    // Each worker may hold an embedded database, which is a PostgreSQL server in memory. One more than there are processors: tests
    // that start processes, or wait for a deadline, leave theirs to others.
    maxWorkers: Math.min(4, availableParallelism() + 1),
    // Files share what they import: loading it anew for each takes longer than most of them run.
    isolate: false,
    // A test whose expectations were never reached has shown nothing.
    expect: { requireAssertions: true },
    testTimeout: 90_000,
    hookTimeout: 240_000,
  },
});
