// src/page/browser/ → dist/page/assets/: the page as browsers load it, three files with all that it needs, uPlot too.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const top = fileURLToPath(new URL('..', import.meta.url));
const from = join(top, 'src/page/browser');

/** @param dist the folder that the compiler has filled */
export async function writePage(dist) {
  const folder = join(dist, 'page/assets');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(from, 'page.html'), join(folder, 'page.html'));
  await build({
    entryPoints: [
      { in: join(from, 'main.ts'), out: 'page' },
      { in: join(from, 'page.css'), out: 'page' },
    ],
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
    legalComments: 'none',
    tsconfigRaw: {},
  });
}
