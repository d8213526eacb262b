import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.js';

/** Folders of tests that keep a processor busy, so that more of them at once than there are processors would gain nothing. */
const together = [
  ...'agent base bench chunks cli coap config device doctor events fec fleet gateway http metrics mirror mqtt net object options plot process publish receiver'.split(
    ' ',
  ),
  ...'manager page retrieve scenario sender store tree trust wire work'.split(' '),
].map((folder) => `test/${folder}/**/*.test.ts`);

/** Folders whose tests know virtual time alone. They and long simulations run beside the others in `npm test` (scripts/run-tests.mjs). */
const virtual = ['rate', 'simulate', 'transfer'].map((folder) => `test/${folder}/**/*.test.ts`);

/** Long simulations, whose coverage is not counted (coverage-environment.ts). */
const simulated = [
  ...'large forged-marks links-of-other-kinds random-plans renewal-plans strangers strewn'
    .split(' ')
    .map((name) => `transfer/${name}`),
  'simulate/rate-plans',
  'simulate/run/crowd',
  'simulate/run/simulation',
].map((name) => `test/${name}.test.ts`);

/**
 * Files whose transfers or loads keep both processors of a small machine busy. Three at a time made them wait for each other's processes (4 GiB: 44 s
 * became more than 60).
 */
const busy = [
  ...'coded kinds-of-links kills links membership rate rate-control resume sizes transfer'
    .split(' ')
    .map((name) => `test/e2e/${name}.test.ts`),
  'test/engine/threads.test.ts',
];

/** What may have a tenth of a processor, and sleeps for nobody, hangs after this time. */
const STARVED_MS = 600_000;

/** Where workers write their coverage (scripts/run-tests.mjs); undefined where nobody asks for it. */
const { COVERAGE_FOLDER } = process.env;

/** Tests run against `dist/` (with source maps), so that coverage counts spawned command lines too. */
export default defineConfig({
  test: {
    pool: 'forks',
    // A process for each file costs a second of processor time more (113 files: 207 s, together 91 s). So no file may leave anything changed behind.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    environment: './test/coverage-environment.ts',
    env: COVERAGE_FOLDER === undefined ? {} : { NODE_V8_COVERAGE: COVERAGE_FOLDER },
    setupFiles: ['test/setup.ts'],
    server: { deps: { external: [/\/dist\//] } },
    testTimeout: 60_000,
    // A bed of a dozen hosts takes a second to lay, and on a machine that is busy otherwise many times that.
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'together', include: together, maxWorkers: 2 },
      },
      {
        extends: true,
        test: { name: 'virtual', include: virtual, exclude: simulated, maxWorkers: 2, testTimeout: STARVED_MS },
      },
      {
        extends: true,
        test: {
          name: 'virtual-uncounted',
          include: simulated,
          maxWorkers: 2,
          environmentOptions: { isCounted: false },
          testTimeout: STARVED_MS,
        },
      },
      // These files mostly wait for what other processes send at a rate, so two more of them than there are processors (on two) cost nobody time.
      {
        extends: true,
        test: {
          name: 'apart',
          include: ['test/**/*.test.ts'],
          exclude: [...together, ...virtual, ...busy],
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      { extends: true, test: { name: 'busy', include: busy, maxWorkers: 2, sequence: { groupOrder: 2 } } },
    ],
  },
});
