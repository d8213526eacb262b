import { defineConfig } from 'vitest/config';

/** Tests run against `dist/` (with source maps), so that coverage counts spawned command lines too. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Most of the longest files wait for what other processes send at a rate. One file at a time, as is the default on two
    // processors, leaves one of them idle.
    maxWorkers: 2,
    setupFiles: ['test/flush-coverage.ts'],
    server: { deps: { external: [/\/dist\//] } },
    testTimeout: 60_000,
    // A bed of a dozen hosts takes a second to lay, and on a machine that is busy otherwise many times that.
    hookTimeout: 60_000,
  },
});
