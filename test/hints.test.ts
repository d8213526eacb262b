import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const top = fileURLToPath(new URL('../src/', import.meta.url));
const sources = readdirSync(top, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

/** Sources in which flags are meant: of other programs, in whole command lines, where flags are declared, and what only the command line has. */
const EXCEPT =
  /^(cli|doctor|events|metrics|scenario)\/|^work\/(start-worker|young-objects)\.ts$|^options\/(receiver|sender|agent|gateway|manager)-options\.ts$/;

/** A flag in a text: after a space, a quote or a bracket; not in comments, and not in a whole command line of layercast. */
function flagsIn(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
  return code
    .split('\n')
    .filter((line) => /(?<=['"`( ])--[a-z][a-z-]+/.test(line) && !/layercast (keygen|sign|root|serve) /.test(line))
    .filter((line) => /['"`].*--[a-z].*['"`]/.test(line));
}

describe('hints outside the command line', () => {
  it('name no flags, as programs have options', () => {
    const found = sources
      .filter((name) => !EXCEPT.test(name))
      .flatMap((name) => flagsIn(readFileSync(join(top, name), 'utf8')).map((line) => `${name}: ${line.trim()}`));
    expect(found).toEqual([]);
  });

  it('would be found by this test', () => {
    expect(flagsIn("hint: 'Name one with --host'\n// as --host\nhint: `try another (--scope)`")).toHaveLength(2);
  });
});
