// AssemblyScript → WebAssembly, each module carried as text in a file module.ts beside its folder assembly/, so that nothing has to find or read a
// file when the program runs. Git does not keep the results.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const top = fileURLToPath(new URL('..', import.meta.url));
const options = ['--outFile', 'module.wasm', '-O3', '--noAssert', '--runtime', 'stub'];

// The kernel works on symbols and needs SIMD. The planner does without, so that it runs in every engine. Nobody checks its indices: a wrong one reaches
// nothing but the module's own memory.
await build('src/fec/kernels', ['--enable', 'simd']);
await build('src/fec/solve', ['--uncheckedBehavior', 'always', '--use', 'abort=']);

/** @param folder has assembly/index.ts */
async function build(folder, moreOptions) {
  let module;
  const { error, stderr } = await asc.main(
    [`${folder}/assembly/index.ts`, '--baseDir', top, ...options, ...moreOptions],
    {
      writeFile: (_name, contents) => {
        module = contents;
      },
    },
  );
  if (error) {
    console.error(`${error.message}\n${stderr}`);
    process.exit(1);
  }
  const lines = Buffer.from(module)
    .toString('base64')
    .match(/.{1,110}/g);
  const text = `// Made from assembly/ by scripts/build-modules.mjs.

/** A WebAssembly module. */
export const MODULE_BASE64 =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
  writeFileSync(join(top, folder, 'module.ts'), text);
}
