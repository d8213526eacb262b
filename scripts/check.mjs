// Everything that reads the code without running it: types of sources, tests and benchmarks; lint and format; what the package
// promises to those who import it. Needs a build.
// The import rule between folders is a test (test/imports.test.ts).
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('..', import.meta.url));
const checks = [
  ['tsc', '-p', 'tsconfig.json', '--noEmit'],
  ['tsc', '-p', 'src/page/browser/tsconfig.json'],
  ['tsc', '-p', 'test/tsconfig.json'],
  ['biome', 'check', '--error-on-warnings', '.'],
  ['publint', '--strict', '--pack', 'false'],
];

let failed = false;
for (const [tool, ...args] of checks) {
  const { status } = spawnSync(join(top, 'node_modules', '.bin', tool), args, { cwd: top, stdio: 'inherit' });
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
