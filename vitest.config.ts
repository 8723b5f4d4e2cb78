import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** What measures the heap, or holds a server to all its promises at once, wants a process to itself. */
const ALONE = [
  '**/*.heap.test.ts',
  'server/hub/tickerLog.test.ts',
  'simulator/tape/cursor.test.ts',
  'loadtests/conformance/*.test.ts',
  'cli/serve.test.ts',
];
const EXCLUDED = [...configDefaults.exclude, 'dist/**', '.cache/**'];

export default defineConfig({
  test: {
    // Vitest's own choice leaves one core to the terminal; here it would leave half of the machine idle.
    maxWorkers: Math.max(2, availableParallelism()),
    // Real sockets and real child processes: one slow test must not look like a failed one on two shared cores.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    setupFiles: ['vitest.setup.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          // A worker loads the packages once for all of its files: half of the time otherwise.
          isolate: false,
          include: [
            '{protocol,transport,market,simulator,server,client,loadtests,reports,cli,docs,examples}/**/*.test.ts',
          ],
          exclude: [...EXCLUDED, ...ALONE],
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE, exclude: EXCLUDED } },
    ],
  },
});
