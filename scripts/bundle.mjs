// Bundles what processes and threads start with, in place, in dist/: the command line, and each worker file. Node takes about a millisecond and
// 50 kB to load a module, and a receiver's thread has 170. Every other file of dist/ stays as the compiler wrote it.
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The list of zod's languages. */
const LOCALES = fileURLToPath(new URL('v4/locales/index.js', import.meta.resolve('zod/package.json')));

/** Files that run in a thread. A thread shares no classes with others, so each file has all that it needs. */
const WORKERS = [
  'engine/agent-thread.js',
  'engine/gateway-thread.js',
  'engine/receiver-thread.js',
  'engine/sender-thread.js',
  'publish/iotupd/frame-hash-worker.js',
  'publish/symbols/coding-worker.js',
  'publish/symbols/solving-worker.js',
  'retrieve/restoring-worker.js',
];

/** @param dist the folder that the compiler has filled */
export async function bundle(dist) {
  for (const worker of WORKERS) {
    const outfile = join(dist, worker);
    await build({ ...optionsFor(dist, dirname(outfile)), entryPoints: [outfile], outfile });
  }
  // What commands load when they run stays apart, in parts beside main.js. Each module is in one part, so that each class is one class.
  const outdir = join(dist, 'cli');
  const options = { ...optionsFor(dist, outdir), splitting: true, chunkNames: 'part-[name]-[hash]' };
  await build({ ...options, entryPoints: [join(outdir, 'main.js')], outdir });
}

function optionsFor(dist, folder) {
  return {
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    // Coverage and stack traces need the maps only, which point to src/.
    sourcesContent: false,
    allowOverwrite: true,
    minifyWhitespace: true,
    logLevel: 'warning',
    // These stay apart: native code cannot be in a bundle, and few need MQTT or SQLite.
    external: ['koffi', 'mqtt', 'node-sqlite3-wasm'],
    // Packages in CommonJS require modules of Node when they run.
    banner: {
      js: "import { createRequire as $createRequire } from 'node:module';\nconst require = $createRequire(import.meta.url);",
    },
    plugins: [{ name: 'layercast', setup: (bundler) => prepare(bundler, dist, folder) }],
  };
}

function prepare(bundler, dist, folder) {
  // A module finds files from where it stood, not from where the bundle stands.
  bundler.onLoad({ filter: /\.js$/ }, ({ path }) => {
    if (!path.startsWith(dist)) return undefined;
    const text = readFileSync(path, 'utf8');
    if (!text.includes('import.meta.url') || dirname(path) === folder) return undefined;
    const here = `new URL(${JSON.stringify(relative(folder, path))}, import.meta.url).href`;
    // The text stays on its lines, so the map of the compiler still holds but for columns; it has to be found again.
    const contents = text
      .replaceAll('import.meta.url', here)
      .replace(/sourceMappingURL=(\S+)/, (_, map) => `sourceMappingURL=${resolve(dirname(path), map)}`);
    return { contents, loader: 'js' };
  });
  // Faults of settings are in English, so zod's other fifty languages would only be read in vain.
  bundler.onLoad({ filter: /zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
    contents: "export { default as en } from './en.js';",
    resolveDir: dirname(LOCALES),
    loader: 'js',
  }));
  // commander loads this, at 2 MB, for commands that are programs of their own; here are none.
  bundler.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
    importer.includes('/commander/') ? { path: 'child_process', namespace: 'late' } : undefined,
  );
  bundler.onLoad({ filter: /.*/, namespace: 'late' }, () => ({
    contents: "exports.spawn = (...args) => require('node:child_process').spawn(...args);",
    loader: 'js',
  }));
}
