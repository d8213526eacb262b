// src/fec/kernels/assembly/index.ts → src/fec/kernels/module.ts: compiled to WebAssembly and carried as text, so that
// nothing has to find or read a file when the program runs. Git does not keep the result.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const top = fileURLToPath(new URL('..', import.meta.url));
const source = 'src/fec/kernels/assembly/index.ts';
const options = ['--outFile', 'kernel.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];

let module;
const { error, stderr } = await asc.main([source, '--baseDir', top, ...options], {
  writeFile: (_name, contents) => {
    module = contents;
  },
});
if (error) {
  console.error(`${error.message}\n${stderr}`);
  process.exit(1);
}
const lines = Buffer.from(module)
  .toString('base64')
  .match(/.{1,110}/g);
const text = `// Made from assembly/index.ts by scripts/build-kernel.mjs.

/** The kernel's WebAssembly module. */
export const MODULE_BASE64 =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
writeFileSync(join(top, 'src', 'fec', 'kernels', 'module.ts'), text);
