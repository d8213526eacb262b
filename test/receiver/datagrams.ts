import { HEADER_BYTES } from '../../dist/base/limits.js';
import type { ReceivedBatch } from '../../dist/base/ports.js';
import { firstSymbolOf, geometryOf } from '../../dist/object/geometry.js';
import { Publication } from '../../dist/sender/publication.js';
import { Carousel } from '../../dist/sender/schedule/carousel.js';
import { codedSymbolLength } from '../../dist/sender/schedule/symbol-order.js';
import { Slab } from '../../dist/sender/slab.js';
import type { SimulatedObject } from '../../dist/simulate/index.js';
import { objectTag } from '../../dist/wire/descriptor.js';
import { DatagramType, newHeader, readHeader, stampHeader, writeHeader } from '../../dist/wire/header.js';

/**
 * What server 0 sends of an object without a code on channel 0, sorted: symbols in order, then digest runs, then descriptor pieces, once each and with
 * sequence numbers from 0 in this order.
 */
export function datagramsOf({ descriptor, record, blockDigests, content }: SimulatedObject) {
  const carousel = new Publication(descriptor, record, blockDigests, 0).carousel(0, 0);
  if (!(carousel instanceof Carousel)) throw new Error('an empty object has no datagrams');
  const symbolCount = Math.ceil(content.sizeBytes / descriptor.symbolBytes);
  const slab = new Slab(8 * symbolCount + 2000, carousel.maxDatagramBytes);
  carousel.prepare(slab);
  const geometry = geometryOf(descriptor.sizeBytes, descriptor.symbolBytes, descriptor.blockCount);
  const { sizeBytes, symbolBytes } = descriptor;
  for (const { block, firstEsi, start, count } of slab.reads) {
    for (let i = 0; i < count; i++) {
      const offset = (firstSymbolOf(geometry, block) + firstEsi + i) * symbolBytes;
      const symbol = content.slice(offset, Math.min(symbolBytes, sizeBytes - offset));
      slab.bytes.set(symbol, start + i * (HEADER_BYTES + symbolBytes));
    }
  }
  const byKind = {
    symbols: new Map<number, Uint8Array>(),
    digests: new Map<number, Uint8Array>(),
    descriptor: new Map<number, Uint8Array>(),
  };
  const header = newHeader();
  let symbol = 0;
  for (let entry = 0; entry < slab.count; entry++) {
    const datagram = slab.bytes.slice(slab.startOf(entry), slab.startOf(entry + 1));
    readHeader(datagram, 0, datagram.length, header);
    if (header.type === DatagramType.symbol) byKind.symbols.set(symbol++ % symbolCount, datagram);
    else if (header.type === DatagramType.digests) byKind.digests.set(header.block, datagram);
    else byKind.descriptor.set(header.esi, datagram);
  }
  let sequence = 0;
  const stamped = (datagrams: ReadonlyMap<number, Uint8Array>) => {
    for (const datagram of datagrams.values()) {
      stampHeader({ sequence: sequence++, sendTimeUs: 0, slot: 0, stepLevel: 0, flags: 0 }, datagram, 0);
    }
    return [...datagrams.values()];
  };
  return {
    symbols: stamped(byKind.symbols),
    digests: stamped(byKind.digests),
    descriptor: stamped(byKind.descriptor),
  };
}

/** A batch of datagrams that came at once from one source. */
export function batchOf(...datagrams: readonly Uint8Array[]): ReceivedBatch {
  return batchFrom({}, ...datagrams);
}

export function batchFrom(
  { arrivalUs = 0, sourceId = 1 }: { readonly arrivalUs?: number; readonly sourceId?: number },
  ...datagrams: readonly Uint8Array[]
): ReceivedBatch {
  const lengths = datagrams.map((datagram) => datagram.length);
  return {
    count: datagrams.length,
    buffers: datagrams,
    starts: datagrams.map(() => 0),
    lengths,
    segmentBytes: lengths,
    arrivalsUs: datagrams.map(() => arrivalUs),
    sourceIds: datagrams.map(() => sourceId),
    droppedCount: 0,
  };
}

/**
 * A batch as a system with UDP_GRO makes it: each piece has `count` consecutive datagrams, or fewer if the next datagram is
 * longer than the first of the piece or the one before is shorter.
 */
export function grouped(count: number, ...datagrams: readonly Uint8Array[]): ReceivedBatch {
  const pieces: Uint8Array[][] = [];
  for (const datagram of datagrams) {
    const piece = pieces.at(-1);
    const isOpen = piece !== undefined && piece.length < count && piece.at(-1)!.length === piece[0]!.length;
    if (isOpen && datagram.length <= piece[0]!.length) piece.push(datagram);
    else pieces.push([datagram]);
  }
  const batch = batchOf(...pieces.map((piece) => Buffer.concat(piece)));
  return { ...batch, segmentBytes: pieces.map(([first]) => first!.length) };
}

/** A datagram of server 0 on channel 0 with a symbol of a coded object, or with another payload. */
export function codedDatagram(
  { descriptor, encoders }: SimulatedObject,
  block: number,
  esi: number,
  { payload, sequence = 0 }: { readonly payload?: Uint8Array; readonly sequence?: number } = {},
): Uint8Array {
  const { sizeBytes, symbolBytes, blockCount, fecEncodingId } = descriptor;
  const tag = Buffer.from(objectTag(descriptor));
  const [tagHigh, tagLow] = [tag.readUInt32BE(0), tag.readUInt32BE(4)];
  let bytes = payload;
  if (bytes === undefined) {
    const geometry = geometryOf(sizeBytes, symbolBytes, blockCount);
    bytes = new Uint8Array(symbolBytes);
    encoders.of(block).encode(esi, bytes);
    bytes = bytes.subarray(0, codedSymbolLength(geometry, block, esi));
  }
  const datagram = new Uint8Array(HEADER_BYTES + bytes.length);
  const sizes = { sizeBytes, symbolBytes, blockCount, fecEncodingId };
  writeHeader({ ...newHeader(), ...sizes, type: DatagramType.symbol, tagHigh, tagLow, block, esi }, datagram, 0);
  stampHeader({ sequence, sendTimeUs: 0, slot: 0, stepLevel: 0, flags: 0 }, datagram, 0);
  datagram.set(bytes, HEADER_BYTES);
  return datagram;
}
