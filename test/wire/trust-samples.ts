import { createPublicKey, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import type { Catalogue } from '../../dist/wire/catalogue.js';
import { keyIdOf, rawPublicKey } from '../../dist/wire/public-key.js';
import type { Role, Root } from '../../dist/wire/root.js';
import { bytesOf, keyFromSeed, nameOf } from './descriptor-samples.js';

/** A key pair of tests, always the same for one number. */
export interface TestKey {
  readonly privateKey: KeyObject;
  readonly raw: Uint8Array;
  readonly id: string;
}

const made = new Map<number, TestKey>();

export function testKey(number: number): TestKey {
  const known = made.get(number);
  if (known !== undefined) return known;
  const privateKey = keyFromSeed(number.toString(16).padStart(64, '0'));
  const raw = rawPublicKey(createPublicKey(privateKey));
  const key = { privateKey, raw, id: keyIdOf(raw) };
  made.set(number, key);
  return key;
}

export function roleOf(threshold: number, ...numbers: readonly number[]): Role {
  return { threshold, keyIds: numbers.map((number) => testKey(number).id) };
}

/** A root of these keys in all roles, changed as given. */
export function rootOf(changes: Partial<Root> & { readonly numbers: readonly number[] }): Root {
  const { numbers, ...rest } = changes;
  return {
    fleet: 'acme',
    version: 1,
    createdS: 1000,
    expiresS: 2000,
    origin: undefined,
    keys: numbers.map((number) => testKey(number).raw),
    root: undefined,
    release: roleOf(1, ...numbers),
    announce: roleOf(1, ...numbers),
    ...rest,
  };
}

/** Any root that the format can hold. */
export const anyRoot: fc.Arbitrary<Root> = fc
  .record({
    fleet: nameOf(63),
    version: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    createdS: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    expiresS: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    origin: bytesOf(8),
    keys: fc.uniqueArray(bytesOf(32), { minLength: 1, maxLength: 32, selector: (key) => `${key}` }),
    seeds: fc.tuple(fc.nat(), fc.nat(), fc.option(fc.nat())),
  })
  .map(({ keys, origin, seeds: [release, announce, root], ...rest }) => ({
    ...rest,
    origin: rest.version === 1 ? undefined : Buffer.from(origin).toString('hex'),
    keys,
    root: root === null ? undefined : anyRoleOf(keys, root),
    release: anyRoleOf(keys, release),
    announce: anyRoleOf(keys, announce),
  }));

/** Any catalogue that the format can hold. */
export const anyCatalogue: fc.Arbitrary<Catalogue> = fc
  .record({
    fleet: nameOf(63),
    serverIndex: fc.integer({ min: 0, max: 254 }),
    version: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
    rootVersion: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    createdS: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    expiresS: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    partCount: fc.integer({ min: 1, max: 64 }),
    part: fc.nat(),
    entries: fc.uniqueArray(
      fc.record({ object: nameOf(255), version: fc.integer({ min: 1, max: 2 ** 48 - 1 }), digest: bytesOf(32) }),
      { maxLength: 20, selector: ({ object }) => object },
    ),
  })
  .map(({ part, entries, ...rest }) => ({
    ...rest,
    part: part % rest.partCount,
    entries: [...entries].sort((a, b) => Buffer.compare(Buffer.from(a.object), Buffer.from(b.object))),
  }));

function anyRoleOf(keys: readonly Uint8Array[], seed: number): Role {
  const count = 1 + (seed % keys.length);
  const keyIds = keys.slice(0, count).map((key) => keyIdOf(key));
  return { keyIds, threshold: 1 + (seed % count) };
}
