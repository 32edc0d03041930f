import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from '../../vitest.config.ts';

/** The tests of the money core, in the order in which they run: quick ones first, because a mutant's first failing test ends its run. */
const FILES = [
  'transactions/transaction',
  'transactions/calls',
  'sessions/session',
  'sessions/attempts',
  'sessions/due',
  'transactions/refund-or-join',
  'transactions/end-hold',
  'transactions/give-back',
  'transactions/movement-news',
  'sessions/outcomes',
  'operations/attempts',
  'transactions/authorize-stored',
  'transactions/disputes',
  'operations/news',
  'operations/unstorable',
  'operations/failures',
];

class QuickFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => FILES.findIndex((file) => moduleId.endsWith(`/${file}.test.ts`));
    return specifications.sort((one, other) => placeOf(one) - placeOf(other));
  }
}

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: FILES.map((file) => `test/${file}.test.ts`),
    sequence: { sequencer: QuickFirst },
    // A mutant that waits for ever is killed by its test, not by the end of the process.
    testTimeout: 20_000,
  },
});
