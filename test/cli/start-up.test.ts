import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** What a module of `dist/` loads at once, with what that loads; not what it loads when it runs (`import(…)`). */
function loadedBy(url: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(url.href)) return seen;
  seen.add(url.href);
  for (const [, name] of readFileSync(url, 'utf8').matchAll(
    /(?:^|[;}\n])(?:import|export)\b(?:[^'"=;()]*\bfrom ?)?['"]([^'"]+)['"]/g,
  )) {
    if (name!.startsWith('.')) loadedBy(new URL(name!, url), seen);
    else if (!name!.startsWith('node:')) seen.add(name!);
  }
  return seen;
}

const dist = new URL('../../dist/', import.meta.url);
const main = new URL('cli/main.js', dist);

describe('what processes and threads start with', () => {
  it('is a few small files for --help', () => {
    const files = [...loadedBy(main)].map((name) => new URL(name));
    expect(files.length).toBeLessThan(5);
    const bytes = files.reduce((sum, file) => sum + readFileSync(file).length, 0);
    expect(bytes).toBeLessThan(10_000);
  });

  it('is the command line in some files, without what reads YAML or checks with schemas', () => {
    const parts = [...readFileSync(main, 'utf8').matchAll(/\bimport\("([^"]+)"\)/g)].map(([, name]) => name!);
    expect(parts).toHaveLength(2);
    const loaded = new Set<string>();
    for (const name of parts) loadedBy(new URL(name, main), loaded);
    expect(loaded.size).toBeGreaterThan(1);
    // The sources are 44 modules and commander.
    expect(loaded.size).toBeLessThan(34);
    expect([...loaded].filter((name) => !name.startsWith('file:'))).toEqual([]);
    const text = [...loaded].map((name) => readFileSync(new URL(name), 'utf8')).join('\n');
    expect(text).not.toMatch(/ZodType|parseDocument/);
  });

  it('is one file for each kind of thread', () => {
    const files = ['engine/receiver-thread', 'engine/sender-thread', 'retrieve/restoring-worker'];
    const others = ['publish/symbols/coding-worker', 'publish/symbols/solving-worker'];
    for (const file of [...files, ...others]) expect([...loadedBy(new URL(`${file}.js`, dist))]).toHaveLength(1);
  });

  it('loads no schemas in the thread of a receiver', () => {
    expect(readFileSync(new URL('engine/receiver-thread.js', dist), 'utf8')).not.toMatch(/ZodType|parseDocument/);
  });

  it.each(['settings.js', 'actions/run-fetch.js', 'actions/run-serve.js'])(
    'loads no packages for checks with cli/%s',
    (file) => {
      const loaded = loadedBy(new URL(`cli/${file}`, dist));
      const packages = [...loaded].filter((name) => !name.startsWith('file:'));
      expect(
        packages.filter((name) => !['eventemitter3', '@noble/hashes/blake3.js', 'msgpackr/pack'].includes(name)),
      ).toEqual([]);
    },
  );
});
