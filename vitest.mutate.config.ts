import { defineConfig } from 'vitest/config';

/** What judges a mutant of orders and bars: the tests of the core beside them, and the laws with fewer runs. */
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
    isolate: false,
    testTimeout: 30_000,
  },
});
