import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { circlesIn, offences } from './imports.js';

const top = fileURLToPath(new URL('../src/', import.meta.url));
const sources = readdirSync(top, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

describe('the import rule between the folders of src/', () => {
  test('holds in every source', () => {
    expect(sources.length).toBeGreaterThan(3);
    expect(sources.flatMap((name) => offences(name, readFileSync(join(top, name), 'utf8')))).toEqual([]);
  });
});

describe('rate control', () => {
  test('measures without knowing what is decided: no file of measuring/ imports one of deciding/', () => {
    const measuring = sources.filter((name) => name.startsWith('rate/measuring/'));
    expect(measuring.length).toBeGreaterThan(3);
    const texts = measuring.map((name) => [name, readFileSync(join(top, name), 'utf8')] as const);
    expect(texts.filter(([, text]) => text.includes('/deciding/')).map(([name]) => name)).toEqual([]);
  });
});

describe('circles of imports', () => {
  test('are not there in src/, types included', () => {
    const texts = new Map(sources.map((name) => [name, readFileSync(join(top, name), 'utf8')]));
    expect(circlesIn(texts)).toEqual([]);
  });

  test('would be found by this test', () => {
    const texts = new Map([
      ['a.ts', `import { b } from './b/b.js';`],
      ['b/b.ts', `import type { C } from './c.js';`],
      ['b/c.ts', `export * from '../a.js';`],
      ['d.ts', `import { b } from './b/b.js';\nimport { x } from 'yaml';`],
      ['e.ts', `import { e } from './e.js';`],
    ]);
    expect(circlesIn(texts)).toEqual([['a.ts', 'b/b.ts', 'b/c.ts'], ['e.ts']]);
  });
});

describe('the checker of the import rule', () => {
  test('lets a folder import types, and nothing else, of where its rule says so', () => {
    const source = [
      `import type { EventOf } from '../events/event-types.js';`,
      `export type { LineOf } from '../events/event-types.js';`,
      `import { fetchEvents } from '../events/fetch-events.js';`,
      `import { type fetchEvents } from '../events/fetch-events.js';`,
      `const late = await import('../events/fetch-events.js');`,
    ].join('\n');
    expect(offences('receiver/events.ts', source)).toEqual(
      [3, 4, 5].map((line) => `src/receiver/events.ts:${line}: receiver/ may not import '../events/fetch-events.js'`),
    );
    expect(offences('rate/meter.ts', source)).toHaveLength(5);
  });

  test('reports every line that reaches where its folder may not', () => {
    const source = [
      `import { LayercastError } from '../base/errors.js';`,
      `import type { Geometry } from '../object/geometry.js';`,
      `import { readFileSync } from 'node:fs';`,
      `import {`,
      `  Sender,`,
      `} from '../sender/core.js';`,
      `export { loss } from './loss.js';`,
      `export * from '../wire/header.js';`,
      `const late = await import('yaml');`,
      `import '../net/udp.js';`,
    ].join('\n');
    expect(offences('rate/meter.ts', source)).toEqual([
      `src/rate/meter.ts:2: rate/ may not import '../object/geometry.js'`,
      `src/rate/meter.ts:3: rate/ may not import 'node:fs'`,
      `src/rate/meter.ts:6: rate/ may not import '../sender/core.js'`,
      `src/rate/meter.ts:8: rate/ may not import '../wire/header.js'`,
      `src/rate/meter.ts:9: rate/ may not import 'yaml'`,
      `src/rate/meter.ts:10: rate/ may not import '../net/udp.js'`,
    ]);
  });

  test.each([
    ['wire/descriptor.ts', 'node:crypto', true],
    ['wire/descriptor.ts', 'msgpackr', true],
    ['wire/address.ts', '@noble/hashes/blake3.js', true],
    ['wire/address.ts', '../base/ip6addr.js', true],
    ['wire/address.ts', 'ip6addr', false],
    ['wire/address.ts', 'node:os', false],
    ['wire/address.ts', '../object/geometry.js', false],
    ['object/digest.ts', 'node:crypto', true],
    ['object/digest.ts', 'msgpackr', false],
    ['work/thread.ts', 'node:worker_threads', true],
    ['fec/decode.ts', 'node:crypto', false],
    ['fec/decode.ts', '../work/pool.js', false],
    ['base/ip6addr-strict.ts', 'node:module', true],
    ['base/limits.ts', 'node:module', false],
    ['fec/kernels/load.ts', '../../base/errors.js', true],
    ['fec/kernels/load.ts', '../decode.js', true],
    ['rate/pacing.ts', '../base/ports.js', true],
    ['rate/pacing.ts', 'eventemitter3', false],
    ['sender/core.ts', '../wire/header.js', true],
    ['sender/core.ts', '../receiver/core.js', false],
    ['receiver/core.ts', '../sender/core.js', false],
    ['receiver/driver.ts', 'eventemitter3', true],
    ['receiver/driver.ts', 'node:timers', false],
    ['receiver/driver.ts', '../net/udp.js', false],
    ['net/udp.ts', 'node:dgram', true],
    ['net/batched.ts', 'koffi', true],
    ['net/udp.ts', '../wire/header.js', false],
    ['net/udp.ts', '../store/sparse.js', false],
    ['store/journal.ts', '../object/ranges.js', true],
    ['store/journal.ts', 'p-limit', true],
    ['store/journal.ts', '../wire/header.js', false],
    ['simulate/host.ts', '../receiver/driver.js', true],
    ['simulate/host.ts', '../store/sparse.js', false],
    ['simulate/host.ts', 'node:fs', false],
    ['sender/core.ts', '../simulate/links.js', false],
    ['config/parse.ts', 'yaml', true],
    ['fleet/parse.ts', 'yaml', false],
    ['fleet/parse.ts', 'node:net', false],
    ['fleet/parse.ts', 'node:path', true],
    ['fleet/parse.ts', '../store/journal.js', false],
    ['cli/serve.ts', 'commander', true],
    ['cli/serve.ts', '../create-sender.js', true],
    ['create-sender.ts', './net/udp.js', true],
    ['index.ts', './create-sender.js', true],
    ['base/errors.ts', 'node:util', false],
    ['base/errors.ts', '../wire/header.js', false],
    ['base/ports.ts', '../object/geometry.js', false],
    ['sender/core.ts', '../index.js', false],
    ['sender/core.ts', '../create-receiver.js', false],
    ['extra/thing.ts', '../base/errors.js', false],
  ])('%s importing %s: allowed is %s', (file, specifier, allowed) => {
    expect(offences(file, `import { x } from '${specifier}';`).length === 0).toBe(allowed);
  });

  test('takes no words in comments and strings for imports', () => {
    const source = [
      `// import { x } from '../sender/core.js';`,
      `/** @example import { x } from '../sender/core.js'; */`,
      `const text = "import x from 'yaml'";`,
    ].join('\n');
    expect(offences('rate/meter.ts', source)).toEqual([]);
  });
});
