// src/ → dist/: the erasure code's WebAssembly, the TypeScript compiler, the bundles of what starts, the page, then the stamp that scripts/prepare.mjs compares with.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { writeManual } from './manual.mjs';
import { writePage } from './page.mjs';

const top = fileURLToPath(new URL('..', import.meta.url));
const dist = join(top, 'dist');

rmSync(dist, { recursive: true, force: true });
run(process.execPath, [join(top, 'scripts', 'build-modules.mjs')]);
run(bin('tsc'), ['-p', 'tsconfig.json']);
// A device without a clock takes this for the earliest time that it can be (src/base/build-time.ts).
const builtS = Number(process.env.SOURCE_DATE_EPOCH || Math.floor(Date.now() / 1000));
writeFileSync(join(dist, 'base', 'build-time.js'), `export const BUILT_S = ${builtS};\n`);
await bundle(dist);
await writePage(dist);
await writeManual(dist, builtS);
const main = join(dist, 'cli', 'main.js');
if (existsSync(main)) chmodSync(main, 0o755);
writeFileSync(join(dist, '.built'), '');

function bin(tool) {
  return join(top, 'node_modules', '.bin', tool);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: top, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
