// All tests. Those in virtual time need processor time and nothing else, and those of real processes leave a fifth of it while they wait: so the former run
// beside the others, at a lower priority, and what they say is shown at the end. With arguments, this is Vitest with these arguments.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
/** Projects of vitest.config.ts whose tests run beside the others. */
const BESIDE = 'virtual*';
/** Leaves a test a seventh of a processor that two others want, so that none is taken for stuck (test/stall-watch.ts). */
const LOWER_PRIORITY = 5;

const given = process.argv.slice(2);
const beside = given.length === 0 ? start([`--project=${BESIDE}`], 'pipe') : undefined;
if (beside !== undefined) setPriority(beside.pid, LOWER_PRIORITY);
const kept = [];
for (const stream of [beside?.stdout, beside?.stderr]) stream?.on('data', (piece) => kept.push(piece));
const others = start(given.length === 0 ? [`--project=!${BESIDE}`] : given, 'inherit');
const codes = await Promise.all(
  [others, beside].map(async (run) => (run === undefined ? 0 : (await once(run, 'close'))[0])),
);
process.stdout.write(Buffer.concat(kept));
// A run that was ended by a signal has no code.
process.exitCode = Math.max(...codes.map((code) => code ?? 1));

/** Vitest's own process counts no coverage: nothing of src/ runs there. vitest.config.ts has its workers count. */
function start(args, output) {
  const { NODE_V8_COVERAGE: COVERAGE_FOLDER, ...env } = process.env;
  return spawn(process.execPath, [vitest, 'run', ...args], {
    stdio: ['ignore', output, output],
    env: COVERAGE_FOLDER === undefined ? env : { ...env, COVERAGE_FOLDER },
  });
}
