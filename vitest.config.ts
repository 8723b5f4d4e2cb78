import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{protocol,transport,market,simulator,server,client,loadtests,reports,cli,docs,examples}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**'],
    // Vitest's own choice leaves one core to the terminal; here it would leave half of the machine idle.
    maxWorkers: Math.max(2, availableParallelism()),
    // Real sockets and real child processes: one slow test must not look like a failed one on two shared cores.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
