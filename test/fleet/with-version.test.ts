import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../dist/fleet/load-fleet.js';
import { withVersion } from '../../dist/fleet/with-version.js';

const channels = 'channels: [{ rate: 1Mbit }]';
const text = `# a fleet
fleet: acme   # its name
key: k
objects:
  firmware:
    version:   7   # raise it
    file: firmware.img
    ${channels}
  2: { file: "2.img", version: 0x10, ${channels} }
`;

describe('a new version in a fleet file', () => {
  it('changes the number and nothing else', () => {
    expect(withVersion(text, 'f.yaml', 'firmware', 8)).toBe(text.replace('  7 ', '  8 '));
    expect(withVersion(text, 'f.yaml', '2', 17)).toBe(text.replace('0x10', '17'));
    expect(withVersion(`\ufeff${text}`, 'f.yaml', 'firmware', 8)).toBe(`\ufeff${text.replace('  7 ', '  8 ')}`);
    const windows = text.replaceAll('\n', '\r\n');
    expect(withVersion(windows, 'f.yaml', 'firmware', 8)).toBe(windows.replace('  7 ', '  8 '));
  });

  it('is the one that is read, for any names and numbers', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,6}$/), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(names, fc.nat(3), fc.integer({ min: 2, max: 2 ** 48 - 1 }), (all, at, version) => {
        const lines = all.map((name) => `  "${name}": { version: 1, file: ${name}x, ${channels} }\n`);
        const name = all[at % all.length]!;
        const after = withVersion(`fleet: f\nkey: k\nobjects:\n${lines.join('')}`, 'f.yaml', name, version);
        const found = parseFleet(after, 'f.yaml').objects.map((object) => [object.name, object.version]);
        expect(found).toEqual(all.map((other) => [other, other === name ? version : 1]));
      }),
    );
  });

  it.each([
    ['an alias', `  a: { file: a, version: &v 1, ${channels} }\n  b: { file: b, version: *v, ${channels} }\n`],
    ['an anchor', `  b: { file: a, version: &v 1, ${channels} }\n  a: { file: b, version: *v, ${channels} }\n`],
    ['a repeated mapping', `  b: &o { file: a, version: 1, ${channels} }\n  a: *o\n`],
  ])('is refused where it would change other settings: %s', (_, objects) => {
    const shared = `fleet: f\nkey: k\nobjects:\n${objects}`;
    expect(() => withVersion(shared, 'f.yaml', 'b', 2)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: 'f.yaml: other settings share the version of b' }),
    );
  });

  it('is refused in a file with faults', () => {
    expect(() => withVersion(text.replace('acme', '""'), 'f.yaml', 'firmware', 8)).toThrow(/^f.yaml:2:8: fleet: /);
  });
});
