import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TrustMemory } from '../../dist/retrieve/trust-memory.js';
import { anchorOfRoot } from '../../dist/trust/anchor.js';
import { Trust } from '../../dist/trust/trust.js';
import type { Root } from '../../dist/wire/root.js';
import { scratchDirectory } from '../store/scratch.js';
import { catalogueOf, catalogueRecord, releaseOf, rootAfter, rootRecord } from '../trust/signing.js';
import { roleOf, rootOf, testKey } from '../wire/trust-samples.js';

/** Key 1 releases; key 2 announces, and from the second version on key 4. */
const first = rootOf({ numbers: [1, 2], expiresS: 9000, release: roleOf(1, 1), announce: roleOf(1, 2) });
const second = rootAfter(first, { keys: [1, 4].map((n) => testKey(n).raw), announce: roleOf(1, 4) });
const third = rootAfter(second);
const [secondRecord, thirdRecord] = [rootRecord(second, 1), rootRecord(third, 1)];

const directory = await scratchDirectory();
let folderCount = 0;
const newFolder = () => join(directory, `${folderCount++}`);

const memoryOf = (folder: string, given: Root) => new TrustMemory(folder, 'acme', anchorOfRoot(rootRecord(given))!);

/** What a run of a receiver trusts that was given this root. */
async function runOf(folder: string, given: Root): Promise<Trust> {
  const source = await memoryOf(folder, given).recall();
  const anchor = source.anchorOf('acme')!;
  return new Trust({ anchor, builtS: 0, times: source.times, isWanted: () => true, acceptExpired: false });
}

describe('what a host remembers of a fleet’s root', () => {
  it('is the newest root that a run heard, and the time that its records told', async () => {
    const folder = newFolder();
    const trust = await runOf(folder, first);
    trust.hearRoot(secondRecord);
    trust.hearCatalogue(catalogueRecord(catalogueOf(3, { rootVersion: 2, createdS: 1400 }), 4));
    await memoryOf(folder, first).remember(trust);
    const later = await runOf(folder, first);
    expect(later.root.version).toBe(2);
    expect(later.judge(releaseOf(3, [2]), 0)).toMatchObject({ kind: 'foreign' });
    expect(later.nowS(0)).toBe(1400);
  });

  it('is no time that a key told which a newer root of the owner has removed', async () => {
    const folder = newFolder();
    const trust = await runOf(folder, first);
    trust.hearCatalogue(catalogueRecord(catalogueOf(3, { createdS: 9e9, expiresS: 9e9 + 1 }), 2));
    await memoryOf(folder, first).remember(trust);
    expect((await runOf(folder, first)).nowS(1500)).toBe(9e9);
    const renewed = await runOf(folder, second);
    expect(renewed.nowS(1500)).toBe(1500);
    await memoryOf(folder, second).remember(renewed);
    expect((await runOf(folder, second)).nowS(1500)).toBe(1500);
  });

  it('is not replaced by a run that has heard less than another one on this host', async () => {
    const folder = newFolder();
    const [one, other] = [await runOf(folder, first), await runOf(folder, first)];
    for (const root of [secondRecord, thirdRecord]) one.hearRoot(root);
    other.hearRoot(secondRecord);
    await memoryOf(folder, first).remember(one);
    await memoryOf(folder, first).remember(other);
    expect((await runOf(folder, first)).root.version).toBe(3);
  });

  it('is the later time of two runs that know the same root', async () => {
    const folder = newFolder();
    const [one, other] = [await runOf(folder, first), await runOf(folder, first)];
    one.hearCatalogue(catalogueRecord(catalogueOf(3, { createdS: 1400 }), 2));
    await memoryOf(folder, first).remember(one);
    await memoryOf(folder, first).remember(other);
    expect((await runOf(folder, first)).nowS(0)).toBe(1400);
  });
});
