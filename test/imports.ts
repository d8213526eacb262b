import { posix } from 'node:path';

/** What a folder of `src/` may import beside its own files. */
interface Rule {
  readonly folders: readonly string[];
  /** npm packages, and Node's modules with `node:`; `node:*` is all of Node. A subpath of a package is the package. */
  readonly modules: readonly string[];
  /** Modules for some of its files only. */
  readonly only?: { readonly files: RegExp; readonly modules: readonly string[] };
  /** Folders of which it may import types, but nothing that is loaded at run time. */
  readonly types?: readonly string[];
}

const parts = ['wire', 'object', 'fec', 'rate'];

/** The table of layers. Every folder of `src/` and every file directly in `src/` needs an entry. */
export const rules: Readonly<Record<string, Rule | 'anything'>> = {
  base: {
    folders: [],
    modules: [],
    only: { files: /^(ip6addr|source-table|system-error)/, modules: ['node:module', 'node:crypto', 'node:path'] },
  },
  wire: { folders: ['base'], modules: ['node:crypto', 'msgpackr', '@noble/hashes'] },
  object: { folders: ['base'], modules: ['node:crypto'] },
  work: { folders: ['base'], modules: ['node:fs', 'node:v8', 'node:worker_threads'] },
  // Content-defined chunks, and deltas made of them. node:crypto for hashes.
  chunks: { folders: ['base'], modules: ['node:crypto'] },
  fec: { folders: ['base'], modules: [] },
  rate: { folders: ['base'], modules: [] },
  // Whose records count. node:crypto only for the type of keys: src/wire verifies.
  trust: { folders: ['base', 'wire'], modules: ['node:crypto'] },
  sender: { folders: ['base', ...parts], modules: ['eventemitter3'] },
  // node:crypto is pure here: hashes of what was read, keys that were handed in.
  receiver: {
    folders: ['base', ...parts, 'chunks', 'trust'],
    modules: ['eventemitter3', 'node:crypto'],
    types: ['events'],
  },
  // What a device does with objects, as logic alone: its journal, programs and transfers are handed in.
  agent: {
    folders: ['base', 'wire', 'rate', 'trust', 'receiver', 'coap'],
    modules: ['eventemitter3'],
    types: ['events', 'options'],
  },
  // What comes from servers of the web to be published: requests, downloads, times of looking.
  mirror: {
    folders: ['base', 'fleet', 'store'],
    modules: ['node:crypto', 'node:fs/promises', 'zod', 'aws4fetch', 'p-limit'],
  },
  // What an agent says and hears at a broker; only one file opens sockets. node:crypto for names of entities.
  mqtt: {
    folders: ['base', 'wire', 'fleet', 'receiver', 'agent'],
    modules: ['node:crypto'],
    only: { files: /^connect/, modules: ['mqtt', 'node:fs/promises', 'node:net', 'node:tls'] },
    types: ['events', 'options'],
  },
  net: { folders: ['base'], modules: ['node:*', 'koffi'] },
  // Child processes: in groups of their own, with an end.
  process: { folders: [], modules: ['node:child_process', 'node:stream'] },
  store: { folders: ['base', 'object'], modules: ['node:*', 'msgpackr', 'p-limit', 'node-sqlite3-wasm'] },
  // Folders as archives, and back.
  tree: { folders: ['base', 'store'], modules: ['tar', 'node:fs', 'node:fs/promises', 'node:path'] },
  // Text files of settings: where a value stands, what is wrong with it, and units.
  config: { folders: ['base'], modules: ['yaml', 'zod', 'node:fs/promises', 'node:path'] },
  fleet: { folders: ['base', ...parts, 'config'], modules: ['zod', 'node:path'] },
  // What programs read: one declaration of every event, as plain data, so that nobody loads zod to print a line.
  events: { folders: ['base', 'wire'], modules: ['eventemitter3'] },
  plot: { folders: ['base', 'events'], modules: [] },
  // The drivers themselves, on virtual hosts; node:crypto for keys and hashes of simulated objects.
  simulate: {
    folders: ['base', ...parts, 'trust', 'sender', 'receiver'],
    modules: ['eventemitter3', 'node:crypto'],
    types: ['events'],
  },
  // Scenario files: YAML as fleets have it, for what simulate runs.
  scenario: {
    folders: ['base', ...parts, 'config', 'fleet', 'sender', 'simulate'],
    modules: ['zod', 'node:fs', 'node:path'],
  },
  // What a program gives to the two calls, and what a receiver file says.
  options: {
    folders: ['base', ...parts, 'net', 'trust', 'agent', 'coap', 'config', 'fleet'],
    modules: ['node:crypto', 'node:path'],
    // Only files of settings have a schema.
    only: { files: /file/, modules: ['zod'] },
  },
  // What listens for HTTP, with bounds.
  http: { folders: ['base'], modules: ['node:http', 'node:https', 'node:net'] },
  // CoAP: messages, requests, observations and blocks, as logic alone; the socket is in one file. node:crypto for tags of bodies.
  coap: {
    folders: ['base'],
    modules: ['coap-packet', 'node:crypto'],
    only: { files: /^udp-endpoint/, modules: ['node:dgram', 'node:net'] },
  },
  // What those who watch a process read: metrics, over HTTP.
  metrics: {
    folders: ['base', 'events', 'http'],
    modules: ['prom-client', 'node:http'],
    types: ['coap', 'gateway', 'manager', 'create-agent.ts', 'create-receiver.ts', 'create-sender.ts'],
  },
  // What people see of a process in a browser: states of a moment, the files of the page. The code that runs in the browser is in browser/.
  page: {
    folders: ['base', 'config', 'http', 'metrics'],
    modules: ['node:http', 'node:fs/promises', 'node:util', 'node:zlib', 'uplot'],
    types: ['agent', 'engine', 'events', 'create-agent.ts', 'create-receiver.ts', 'create-sender.ts'],
  },
  // What would keep transfers from working on this host. Its checks are functions of facts.
  doctor: {
    folders: ['base', 'wire', 'config', 'fleet', 'net', 'store', 'publish'],
    modules: ['node:*'],
  },
  // What a gateway serves, and how: versions, ranges and preconditions, HTTP.
  gateway: { folders: ['base', 'object', 'wire', 'receiver', 'http', 'coap'], modules: ['node:crypto', 'node:http'] },
  // What a manager knows of devices and tells them: directory, states, triggers. Endpoint, clock and database are handed in.
  manager: {
    folders: ['base', 'agent', 'coap', 'events', 'http', 'page'],
    modules: ['node:crypto', 'node:http', 'node:tls'],
  },
  // Engines with all that they need, in the thread of their owner or in one of their own.
  engine: 'anything',
  // What an agent uses of its host: its journal, the programs of the device, the status file, the service manager.
  device: { folders: ['base', 'agent', 'process', 'store', 'net'], modules: ['node:*', 'koffi'] },
  publish: 'anything',
  retrieve: 'anything',
  cli: 'anything',
  'index.ts': 'anything',
};

/**
 * Lines of one source that import what its folder may not.
 *
 * @param file path inside `src/`, with `/`
 */
export function offences(file: string, source: string): string[] {
  const entry = entryOf(file);
  const rule = /^create-[a-z-]+\.ts$/.test(entry) ? 'anything' : rules[entry];
  if (rule === 'anything') return [];
  if (rule === undefined) return [`src/${file}:1: ${entry} is not in the table of layers (test/imports.ts)`];
  const name = entry.endsWith('.ts') ? entry : `${entry}/`;
  return importsOf(source)
    .filter((statement) => !allows(rule, file, statement))
    .map(({ line, specifier }) => `src/${file}:${line}: ${name} may not import '${specifier}'`);
}

function allows(rule: Rule, file: string, { specifier, isType }: Import): boolean {
  if (specifier.startsWith('.')) {
    const target = entryOf(posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts'));
    if (isType && rule.types?.includes(target)) return true;
    return target === entryOf(file) || rule.folders.includes(target);
  }
  const { only } = rule;
  const modules = only?.files.test(posix.basename(file)) ? [...rule.modules, ...only.modules] : rule.modules;
  if (specifier.startsWith('node:')) return modules.includes(specifier) || modules.includes('node:*');
  return modules.some((module) => specifier === module || specifier.startsWith(`${module}/`));
}

/**
 * Circles of imports between files, imports of types too: the files of each, in the order of their names. Two circles that have
 * a file in common are one.
 *
 * @param sources the text of each file, by its path inside `src/`, with `/`
 */
export function circlesIn(sources: ReadonlyMap<string, string>): string[][] {
  const imported = new Map([...sources].map(([file, source]) => [file, filesImportedBy(file, source)]));
  const reached = new Map([...imported.keys()].map((file) => [file, filesReachedFrom(file, imported)]));
  const circles = [...reached].map(([file, others]) =>
    [...others].filter((other) => reached.get(other)?.has(file)).sort(),
  );
  // Each file of a circle has found the same one.
  return circles.filter(
    (circle, i) => circle.length > 0 && circles.findIndex((other) => `${other}` === `${circle}`) === i,
  );
}

function filesImportedBy(file: string, source: string): readonly string[] {
  return importsOf(source)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts'));
}

/** What a file imports, what that imports, and so on; the file itself only when it is in a circle. */
function filesReachedFrom(start: string, imported: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [start];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const next of imported.get(file) ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      waiting.push(next);
    }
  }
  return reached;
}

/** The key of a file in the table: its folder directly under `src/`, or the file itself if it lies there. */
function entryOf(file: string): string {
  return file.split('/')[0] ?? '';
}

interface Import {
  readonly line: number;
  readonly specifier: string;
  /** `import type` or `export type`: nothing is left of it at run time. */
  readonly isType: boolean;
}

/** Import and export statements, and calls of `import()`, each with the line of its specifier, from 1. */
function importsOf(source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));
  const statement = /^[ \t]*(?:import|export)\b(?:[^'"`;()=]*\bfrom)?\s*(['"])(?<specifier>[^'"]+)\1/gm;
  const call = /\bimport\(\s*(['"`])(?<specifier>[^'"`]+)\1/g;
  return [statement, call]
    .flatMap((pattern) => [...code.matchAll(pattern)])
    .map((match) => ({
      line: code.slice(0, match.index + match[0].length).split('\n').length,
      specifier: match.groups?.specifier ?? '',
      isType: /^\s*(?:import|export)\s+type\s/.test(match[0]),
    }))
    .sort((a, b) => a.line - b.line);
}
