import { describe, expect, it } from 'vitest';
import { notServed } from '../../dist/gateway/not-served.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';

const file = { fleet: 'acme', object: 'maps', tree: undefined, encryption: undefined };
const tree = 'tar' as const;
const encryption = {} as NonNullable<Descriptor['encryption']>;

describe('a version that a gateway leaves alone', () => {
  it.each([
    ['a folder', { ...file, tree }],
    ['encrypted', { ...file, encryption }],
    ['a folder', { ...file, tree, encryption }],
  ])('is %s', (what, descriptor) => {
    const message = `acme/maps is ${what}, which a gateway does not serve`;
    expect(notServed(descriptor)).toEqual({ code: 'NOT_SERVED', message });
  });

  it('is no file that is sent as it is', () => {
    expect(notServed(file)).toBeUndefined();
  });
});
