import { defineConfig } from 'vitest/config';

/** The slower tests, one file after another: they load the machine and read its clock. */
export default defineConfig({
  test: {
    include: ['{protocol,transport,market,simulator,server,client,loadtests,reports,cli,docs}/**/*.full.ts'],
    fileParallelism: false,
    testTimeout: 400_000,
    hookTimeout: 400_000,
  },
});
