import { describe, expect, it } from 'vitest';
import { type RootFile, readRootText, rootText } from '../../dist/trust/root-text.js';
import { roleOf, rootOf, testKey } from '../wire/trust-samples.js';
import { rootAfter, rootRecord } from './signing.js';

const first = rootOf({ numbers: [1, 2], release: roleOf(1, 1), announce: roleOf(1, 2) });
const second = rootAfter(first, { keys: [3, 2].map((n) => testKey(n).raw), release: roleOf(1, 3) });
const version1 = { root: first, record: rootRecord(first, 1) };
const version2 = { root: second, record: rootRecord(second, 1, 3) };

/** Compares roots, and records by their bytes. */
function expectSame(found: RootFile, expected: RootFile): void {
  expect(found.versions.map(({ root }) => root)).toEqual(expected.versions.map(({ root }) => root));
  expect(found.draft?.root).toEqual(expected.draft?.root);
  expect(rootText(found)).toBe(rootText(expected));
}

describe('a root file', () => {
  it('holds versions as text, and a draft after them, and is read as it was written', () => {
    const whole = { versions: [version1, version2], draft: undefined };
    expectSame(readRootText(rootText(whole), 'acme.root'), whole);
    const draft = { root: second, record: rootRecord(second, 3) };
    const unfinished = { versions: [version1], draft };
    expectSame(readRootText(rootText(unfinished), 'acme.root'), unfinished);
    const unsigned = { versions: [], draft: { root: first, record: rootRecord(first) } };
    expectSame(readRootText(rootText(unsigned), 'acme.root'), unsigned);
  });

  it('may begin with any version that its own keys signed', () => {
    const late = { versions: [version2], draft: undefined };
    expectSame(readRootText(`# roots of acme\n${rootText(late)}\n`, 'acme.root'), late);
  });

  it.each([
    ['no root', '', 'found 0 roots'],
    [
      'a block that is no root',
      '-----BEGIN LAYERCAST ROOT-----\nAAAA\n-----END LAYERCAST ROOT-----\n',
      'block 1 is no root',
    ],
    [
      'a gap',
      rootText({
        versions: [version1],
        draft: { root: { ...second, version: 3 }, record: rootRecord({ ...second, version: 3 }, 1, 3) },
      }),
      'version 3 of the root stands after version 1',
    ],
    [
      'a version without enough signatures before another',
      rootText({ versions: [{ root: first, record: rootRecord(first) }, version2], draft: undefined }),
      'version 1 of the root lacks signatures',
    ],
  ])('with %s is refused', (_what, text, reason) => {
    expect(() => readRootText(text, 'acme.root')).toThrow(
      expect.objectContaining({ code: 'KEY_INVALID', message: expect.stringContaining(reason) }),
    );
  });
});
