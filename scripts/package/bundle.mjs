// src/ → the code of the package: the command line, the library and every thread in one build, so that what they share is there once.
// Packages go into it, except those that package.json names as optional: these are native, or for one command only.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const top = fileURLToPath(new URL('../..', import.meta.url));
const src = join(top, 'src');
const START = join(src, 'cli/main.ts');
const { optionalDependencies } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
const isOptional = (name) =>
  Object.keys(optionalDependencies).some((one) => name === one || name.startsWith(`${one}/`));

/** A file of this project that code finds beside its own: a thread's, or main.js for a process of its own. */
const FILE_BESIDE = /new URL\('(\.[^']*)\.js', import\.meta\.url\)/g;

/** What packages carry and nothing here uses. Pattern of a file → what stands in its place. */
const UNUSED = [
  // Faults of settings are in English only.
  [/zod\/v4\/locales\/index\.js$/, "export { default as en } from './en.js';"],
  // ip6addr never calls what needs this.
  [/json-schema\/lib\/validate\.js$/, 'module.exports = {};'],
  // Metrics are counters and gauges, made when somebody asks: no quantiles, no gateway to push to, no processes that share them.
  [
    /prom-client\/index\.js$/,
    "exports.Registry = require('./lib/registry'); exports.Counter = require('./lib/counter'); exports.Gauge = require('./lib/gauge');",
  ],
  // Of mqtt only the client is used, on sockets of this project: without connections by WebSocket and proxies, logs, and timers and streams of browsers.
  [/mqtt\/build\/index\.js$/, "exports.MqttClient = require('./lib/client').default;"],
  [/mqtt\/build\/lib\/connect\/index\.js$/, 'module.exports = {};'],
  [/worker-timers\/build\/.*\.js$/, 'module.exports = {};'],
  [
    /debug\/src\/index\.js$/,
    'const silent = () => undefined; module.exports = () => Object.assign(() => undefined, { extend: () => silent });',
  ],
  [/readable-stream\/lib\/ours\/index\.js$/, "module.exports = require('node:stream');"],
];

const INPUT_OPTIONS = {
  platform: 'node',
  transform: { target: 'node20.19' },
  external: (name) => name.startsWith('node:') || isOptional(name),
  resolve: {
    extensionAlias: { '.js': ['.ts', '.js'] },
    // The modules that Node would take are CommonJS, which go into a bundle as a whole.
    alias: { yaml: join(top, 'node_modules/yaml/browser/index.js') },
  },
  checks: { ineffectiveDynamicImport: false, bundlerTimings: false },
  onLog(level, log) {
    if (level === 'warn') throw new Error(`${log.code}: ${log.message}`);
  },
};

/**
 * What starts most often, or on the smallest devices. Node takes half a millisecond and 30 kB for each file that it loads, and with a file for each set of commands that
 * share something `fetch` would load a hundred. So modules that the same of these need are in one file; other commands load somewhat more than they need.
 */
const ROOTS = {
  start: ['cli/run.ts', 'cli/registrations.ts'],
  key: ['cli/actions/run-keygen.ts'],
  list: ['cli/actions/run-list.ts'],
  check: ['cli/actions/run-validate.ts'],
  fetch: ['cli/actions/run-fetch.ts', 'cli/json/fetch-events.ts'],
  agent: ['cli/actions/run-agent.ts', 'engine/agent-engine.ts'],
  receive: ['engine/receiver-engine.ts'],
  send: ['engine/sender-engine.ts'],
  restore: ['retrieve/restoring-worker.ts'],
  code: ['publish/symbols/coding-worker.ts'],
};

const OUTPUT_OPTIONS = { format: 'esm', minify: true, comments: { legal: false }, chunkFileNames: '[name].js' };

/**
 * Writes the bundle, all files into one folder: `main.js`, `index.js`, one for each thread, and what these share.
 *
 * @param folder where the files go; two levels below package.json
 * @param builtS time of the build, Unix time
 * @returns folders of the packages that went into it
 * @throws if a module is missing, or is native and so cannot go into a bundle
 */
export async function writeBundle(folder, builtS) {
  await writeStart(folder);
  const bundler = await rolldown({
    ...INPUT_OPTIONS,
    input: entries(),
    // Files of one's own choice need this. Nobody imports an entry, so none is extended.
    preserveEntrySignatures: 'allow-extension',
    plugins: [{ name: 'layercast', load: (id) => replaced(id, builtS), transform: findBeside }],
  });
  const codeSplitting = {
    groups: [{ name: partOf, test: (id) => !id.startsWith('\0') }],
    includeDependenciesRecursively: false,
  };
  const { output } = await bundler.write({ ...OUTPUT_OPTIONS, codeSplitting, dir: folder });
  await bundler.close();
  const modules = output
    .flatMap((part) => part.moduleIds ?? [])
    .filter((id) => !UNUSED.some(([pattern]) => pattern.test(id)));
  return [...new Set(modules.flatMap(packageOf))].sort();
}

/** Entries by the names of their files: what main.js loads when it is needed, the library, and every file that a thread starts with. */
function entries() {
  const late = readFileSync(START, 'utf8').matchAll(/import\('(\.[^']*)\.js'\)/g);
  const found = Object.fromEntries([...late].map(([, path]) => [basename(path), join(dirname(START), `${path}.ts`)]));
  found.index = join(src, 'index.ts');
  for (const name of readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.ts'))) {
    const code = readFileSync(join(src, name), 'utf8').replace(/^ *(\*|\/\/).*$/gm, '');
    for (const [, path] of code.matchAll(FILE_BESIDE)) {
      const file = join(src, dirname(name), `${path}.ts`);
      if (file === START) continue;
      if (found[basename(path)] !== undefined && found[basename(path)] !== file)
        throw new Error(`two files start as ${basename(path)}.js`);
      found[basename(path)] = file;
    }
  }
  return found;
}

/** The name of the file for a module: after the roots that need it. Null for one that none of them needs, which rolldown then places. */
function partOf(id, bundle) {
  if (bundle.getModuleInfo(id).isEntry) return null;
  const needing = Object.keys(ROOTS).filter((root) => neededBy(root, bundle).has(id));
  return needing.length === 0 ? null : needing.join('-');
}

/** By root. */
const needed = new Map();

/** All modules that a root loads as it starts. */
function neededBy(root, bundle) {
  const known = needed.get(root);
  if (known !== undefined) return known;
  const found = new Set(ROOTS[root].map((path) => join(src, path)));
  // A set also gives what is added while it is gone through.
  for (const id of found) for (const one of bundle.getModuleInfo(id)?.importedIds ?? []) found.add(one);
  needed.set(root, found);
  return found;
}

function replaced(id, builtS) {
  if (id === join(src, 'base/build-time.ts')) return `export const BUILT_S = ${builtS};`;
  return UNUSED.find(([pattern]) => pattern.test(id))?.[1];
}

/** What starts: few bytes in one file of its own, because `--help` and `--version` need nothing else. */
async function writeStart(folder) {
  const bundler = await rolldown({
    ...INPUT_OPTIONS,
    input: { main: START },
    plugins: [
      {
        name: 'layercast',
        resolveId: (name, importer, { kind }) =>
          importer === START && kind === 'dynamic-import'
            ? { id: `./${basename(name)}`, external: 'relative' }
            : undefined,
        transform: findBeside,
      },
    ],
  });
  await bundler.write({ ...OUTPUT_OPTIONS, dir: folder });
  await bundler.close();
}

/** All files lie in one folder, and packages that the sources require when they need them are parts of it. */
function findBeside(code, id) {
  if (!id.startsWith(src) || !code.includes('import.meta.url')) return undefined;
  return code
    .replace(FILE_BESIDE, (_, path) => `new URL('./${basename(path)}.js', import.meta.url)`)
    .replace(/createRequire\([^()]*\)\('([^']+)'\)/g, (all, name) => (isOptional(name) ? all : `require('${name}')`));
}

/** `[folder]` of the package that a module belongs to; of this project's own modules `[]`. */
function packageOf(id) {
  const path = /^\0?(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
  return path === undefined ? [] : [path];
}
