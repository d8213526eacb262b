import { describe, expect, it } from 'vitest';
import {
  changedFile,
  firstMembers,
  withKey,
  withKeyReplaced,
  withoutKey,
  withThreshold,
} from '../../dist/trust/root-changes.js';
import { originAfter, packRoot } from '../../dist/wire/root.js';
import { roleOf, rootOf, testKey } from '../wire/trust-samples.js';
import { rootRecord } from './signing.js';

const raw = (number: number) => testKey(number).raw;
const members = withThreshold(
  withKey(withKey(firstMembers(raw(1)), raw(2), ['release']), raw(3), ['announce']),
  ['release'],
  2,
);

describe('changes of a root', () => {
  it('add keys to roles, with the first key in both', () => {
    expect(members).toEqual({
      keys: [raw(1), raw(2), raw(3)],
      root: undefined,
      release: roleOf(2, 1, 2),
      announce: roleOf(1, 1, 3),
    });
    expect(withKey(members, raw(3), ['release']).keys).toHaveLength(3);
    expect(withKey(members, raw(4), ['root']).root).toEqual(roleOf(1, 4));
  });

  it('remove a key from roles, and from the root when no role has it any more', () => {
    expect(withoutKey(members, testKey(1).id, ['announce'])).toMatchObject({
      keys: members.keys,
      announce: roleOf(1, 3),
    });
    expect(withoutKey(members, testKey(3).id, ['announce'])).toMatchObject({ keys: [raw(1), raw(2)] });
    const withRoot = withKey(members, raw(4), ['root']);
    expect(withoutKey(withRoot, testKey(4).id, ['root'])).toEqual(members);
  });

  it('replace a key in all its roles', () => {
    expect(withKeyReplaced(members, testKey(1).id, raw(9))).toEqual({
      keys: [raw(2), raw(3), raw(9)],
      root: undefined,
      release: roleOf(2, 2, 9),
      announce: roleOf(1, 3, 9),
    });
  });

  it.each([
    ['a key that the role has', () => withKey(members, raw(1), ['release']), 'has the role release already'],
    ['a key that no role has', () => withoutKey(members, testKey(9).id, ['release']), 'has none of the roles release'],
    [
      'fewer keys than have to sign',
      () => withoutKey(members, testKey(1).id, ['release']),
      'would have 1 of the 2 keys',
    ],
    ['an old key that no role has', () => withKeyReplaced(members, testKey(9).id, raw(8)), 'no role has the key'],
    [
      'a threshold above the number of keys',
      () => withThreshold(members, ['announce'], 3),
      'has 2 keys, so 3 cannot sign',
    ],
  ])('refuse %s', (_what, change, reason) => {
    expect(change).toThrow(expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(reason) }));
  });

  it('make the next version without signatures, and change a draft in its place', () => {
    const root = rootOf({ numbers: [1] });
    const version = { root, record: rootRecord(root, 1) };
    const life = { createdS: 5000, expiresS: 6000 };
    const once = changedFile({ versions: [version], draft: undefined }, 'acme', members, life);
    const origin = originAfter(root, packRoot(root));
    expect(once.draft!.root).toEqual({ ...members, ...life, fleet: 'acme', version: 2, origin });
    expect(once.draft!.record.signatures).toEqual([]);
    const twice = changedFile(once, 'acme', firstMembers(raw(7)), life);
    expect(twice.draft!.root.version).toBe(2);
    expect(changedFile({ versions: [], draft: undefined }, 'lab', members, life).draft!.root).toMatchObject({
      fleet: 'lab',
      version: 1,
      origin: undefined,
    });
    const begun = changedFile({ versions: [], draft: undefined }, 'lab', members, life);
    expect(changedFile(begun, '', members, life).draft!.root.fleet).toBe('lab');
  });
});
