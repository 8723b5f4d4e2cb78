import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Cheap tests first: a mutant's run ends with the first test that fails. */
class CheapestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => cost(a) - cost(b));
  }
}

function cost({ moduleId }: TestSpecification): number {
  if (/laws\.test|properties\/bars/.test(moduleId)) return 2;
  return moduleId.includes('loadtests/') ? 1 : 0;
}

/** What judges a mutant of orders and bars: the core's own tests, and the laws with fewer runs. */
export default defineConfig({
  test: {
    include: [
      'market/*.test.ts',
      'market/{orders,bars,windows,accounts}/**/*.test.ts',
      'loadtests/properties/{bars,counterexamples}.test.ts',
      'loadtests/properties/engine-oracle.mutate.ts',
    ],
    exclude: ['**/node_modules/**', 'market/readme.test.ts'],
    setupFiles: ['loadtests/properties/failAtOnce.mutate.ts'],
    // One module graph for all files: reading it anew for each would take longer than the tests.
    isolate: false,
    sequence: { sequencer: CheapestFirst },
    testTimeout: 30_000,
  },
});
