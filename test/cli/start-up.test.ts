import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** What a module of `dist/` loads at once, with what that loads; not what it loads when it runs (`import(…)`). */
function loadedBy(url: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(url.href)) return seen;
  seen.add(url.href);
  for (const [, name] of readFileSync(url, 'utf8').matchAll(
    /^(?:import|export) (?:[^'"=]* from )?['"]([^'"]+)['"];/gm,
  )) {
    if (name!.startsWith('.')) loadedBy(new URL(name!, url), seen);
    else seen.add(name!);
  }
  return seen;
}

describe('the command line starts fast', () => {
  it.each(['main.js', 'settings.js'])('as %s loads what reads YAML only for commands that do', (file) => {
    const loaded = loadedBy(new URL(`../../dist/cli/${file}`, import.meta.url));
    const packages = [...loaded].filter((name) => !name.startsWith('file:') && !name.startsWith('node:'));
    expect(packages.toSorted()).toEqual(file === 'main.js' ? ['commander'] : []);
  });
});
