import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';

/** Among the packages, which a program looks for from where its file is. */
const folder = fileURLToPath(new URL('../../node_modules/.cache/layercast', import.meta.url));
const made = new Map<string, Promise<string>>();

/**
 * A program of the tests as one file of JavaScript; resolves to its path. A process that starts from TypeScript by tsx needs a second more, most of it for the
 * modules of `dist/`, which the file imports as they are.
 *
 * @param source its file of TypeScript
 */
export function programOf(source: URL): Promise<string> {
  const path = fileURLToPath(source);
  const making = made.get(path) ?? make(path);
  made.set(path, making);
  return making;
}

async function make(path: string): Promise<string> {
  // The lab's command line has this module in its own file, and seldom makes another.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    write: false,
    plugins: [apart],
  });
  const { contents } = outputFiles[0]!;
  // Named by what it has: other processes make the same file meanwhile, and a half of it must not be read.
  const name = `${basename(path, '.ts')}-${createHash('sha256').update(contents).digest('hex').slice(0, 16)}.mjs`;
  const target = join(folder, name);
  if (existsSync(target)) return target;
  await mkdir(folder, { recursive: true });
  await writeFile(`${target}.${process.pid}`, contents);
  await rename(`${target}.${process.pid}`, target);
  return target;
}

/** Leaves `dist/` where it is, which is tested, and lets each module find files from where its source is. */
const apart: Plugin = {
  name: 'apart',
  setup(bundler) {
    bundler.onResolve({ filter: /^(\.\.\/)+dist\// }, ({ path, resolveDir }) => ({
      path: pathToFileURL(join(resolveDir, path)).href,
      external: true,
    }));
    bundler.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return {
        contents: text.replaceAll(/\bimport\.meta\.url\b/g, JSON.stringify(pathToFileURL(path).href)),
        loader: 'ts',
      };
    });
  },
};
