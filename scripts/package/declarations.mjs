// dist/index.d.ts and what its types come from → one file that has all, also the types of packages that are in the bundle.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

/** Files add names of options to an interface of another file. In one file, these are declarations of one interface. */
const ADDITION = /declare module '[^']*' \{\n((?: {2}interface .*\n)+)\}/g;

/** @param dist the folder that the compiler has filled @param folder where `index.d.ts` goes */
export async function writeDeclarations(dist, folder) {
  const bundler = await rolldown({
    input: { index: join(dist, 'index.d.ts') },
    platform: 'node',
    external: /^node:/,
    checks: { bundlerTimings: false },
    plugins: [dts({ dtsInput: true, tsconfig: false, resolver: 'oxc' })],
    onLog(level, log) {
      // Additions are put right below.
      if (level === 'warn' && !log.message.includes('declare module')) throw new Error(log.message);
    },
  });
  await bundler.write({ dir: folder, format: 'esm' });
  await bundler.close();
  const file = join(folder, 'index.d.ts');
  const text = readFileSync(file, 'utf8')
    .replace(ADDITION, '$1')
    .replace(/ ?\/\/# sourceMappingURL=.*$/gm, '')
    .replace(/^\/\/#(end)?region.*\n/gm, '');
  if (text.includes('declare module')) throw new Error(`${file}: a declaration of another file is left`);
  writeFileSync(file, text);
}
