import { describe, expect, it } from 'vitest';
import { addressToBytes, announcementName, channelName, DIRECTORY_NAME, groupOf } from '../../dist/wire/address.js';
import type { GroupHash, Scope } from '../../dist/wire/group-options.js';
import { toHex, vectorsOf } from './vectors.js';

const vectors =
  vectorsOf<
    readonly {
      readonly what: string;
      readonly name: string;
      readonly scope: Scope;
      readonly hash: GroupHash;
      readonly ssm: boolean;
      readonly group: string;
      readonly bytes: string;
    }[]
  >('groups');

describe('the groups of the vectors', () => {
  it.each(vectors)('come from their names: $what', ({ name, group, bytes, ...options }) => {
    expect(groupOf(name, options)).toBe(group);
    expect(toHex(addressToBytes(group))).toBe(bytes);
  });

  it('are of names made by the rules for the directory, announcements and channels', () => {
    const names = vectors.map(({ name }) => name);
    expect(names).toContain(DIRECTORY_NAME);
    expect(names).toContain(announcementName('lab'));
    expect(names).toContain(channelName('lab', 'firmware', 0));
    expect(names).toContain(channelName('werk-süd', 'images/rootfs.img', 31));
  });
});
