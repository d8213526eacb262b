import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import { firstSymbolOf } from '../../dist/object/geometry.js';
import { RUN_LEAVES, verifyRun } from '../../dist/object/merkle.js';
import { Publication } from '../../dist/sender/publication.js';
import { Slab } from '../../dist/sender/slab.js';
import type { SymbolRun } from '../../dist/sender/symbol-runs.js';
import { objectTag } from '../../dist/wire/descriptor.js';
import { readDigestRun } from '../../dist/wire/digests.js';
import { RecordAssembler } from '../../dist/wire/fragments.js';
import { newHeader, readHeader } from '../../dist/wire/header.js';
import { datagramsOf } from '../receiver/datagrams.js';
import { Bed } from '../transfer/bed.js';

describe('the publication of an object', () => {
  it('lets a receiver check every block against the signed root', () => {
    const bed = new Bed('digests');
    const object = bed.object(200, { blockSymbols: 5 });
    const { digests } = datagramsOf(object);
    expect(digests).toHaveLength(Math.ceil(40 / RUN_LEAVES));
    const header = newHeader();
    const leaves = digests.map((datagram) => {
      expect(readHeader(datagram, 0, datagram.length, header)).toBeUndefined();
      const run = readDigestRun(header, datagram, HEADER_BYTES, datagram.length - HEADER_BYTES)!;
      expect(verifyRun(object.descriptor.blockRoot, 40, header.block, run.leaves, run.proof)).toBe(true);
      return run.leaves;
    });
    expect(Buffer.concat(leaves).equals(object.blockDigests)).toBe(true);
  });

  it('announces the bytes of the signed record', () => {
    const bed = new Bed('announcement');
    const { descriptor, record, blockDigests } = bed.object(20);
    const { announcement } = new Publication(descriptor, record, blockDigests, 4);
    const assembler = new RecordAssembler();
    const header = newHeader();
    let found: Uint8Array | false | undefined;
    for (const datagram of announcement) {
      readHeader(datagram, 0, datagram.length, header);
      found = assembler.add(header, datagram, HEADER_BYTES, datagram.length - HEADER_BYTES);
    }
    expect(Buffer.compare(found as Uint8Array, record)).toBe(0);
  });

  it('marks its datagrams with the object’s tag and sizes', () => {
    const object = new Bed('marks').object(20, { blockSymbols: 10 });
    const header = newHeader();
    const { symbols, digests } = datagramsOf(object);
    const tag = Buffer.from(objectTag(object.descriptor));
    for (const datagram of [...symbols, ...digests]) {
      readHeader(datagram, 0, datagram.length, header);
      const { sizeBytes, symbolBytes, blockCount } = object.descriptor;
      expect(header).toMatchObject({ sizeBytes, symbolBytes, blockCount, serverIndex: 0, channelIndex: 0 });
      expect([header.tagHigh, header.tagLow]).toEqual([tag.readUInt32BE(0), tag.readUInt32BE(4)]);
    }
  });

  it('has no digests for a single block, and nothing but the announcement for an empty object', () => {
    const bed = new Bed('small');
    expect(datagramsOf(bed.object(5)).digests).toEqual([]);
    const { descriptor, record, blockDigests } = bed.object(0);
    const publication = new Publication(descriptor, record, blockDigests, 0);
    expect(publication.carousel(0, 0)).toBeUndefined();
    expect(publication.announcement).toHaveLength(1);
  });

  it('starts each channel at the sum of the start offsets of server and channel', () => {
    const bed = new Bed('starts');
    const channels = [0, 0.5, 0.9].map((startRatio) => ({ rateBitsPerSecond: 1e6, startRatio }));
    const servers = [{ name: 'one' }, { name: 'two', startRatio: 0.25 }];
    const { descriptor, record, blockDigests } = bed.object(100, { channels, servers });
    const starts = [0, 1].map((serverIndex) => {
      const publication = new Publication(descriptor, record, blockDigests, serverIndex);
      return [0, 1, 2].map((channel) => firstSymbol(publication, channel));
    });
    expect(starts).toEqual([
      [0, 50, 90],
      [25, 75, 14],
    ]);
  });
});

function firstSymbol(publication: Publication, channel: number): number {
  const carousel = publication.carousel(channel, 0)!;
  const slab = new Slab(1, carousel.maxDatagramBytes);
  carousel.prepare(slab);
  const [{ block, firstEsi }] = [...slab.reads] as [SymbolRun];
  return firstSymbolOf(publication.geometry, block) + firstEsi;
}
