import { defineConfig } from 'vitest/config';

/** Tests run against `dist/` (with source maps), so that coverage counts spawned command lines too. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    setupFiles: ['test/flush-coverage.ts'],
    server: { deps: { external: [/\/dist\//] } },
    testTimeout: 30_000,
  },
});
