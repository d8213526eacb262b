import type { Header, HeaderFault } from '../../dist/wire/header.js';

/** The header by the book, one DataView access a field, wide numbers as BigInt: obviously what docs/wire-format.md says. */
export function slowWrite(header: Readonly<Header>): Uint8Array {
  const view = new DataView(new ArrayBuffer(48));
  view.setUint8(0, 'L'.charCodeAt(0));
  view.setUint8(1, 'C'.charCodeAt(0));
  view.setUint8(2, 2 * 16 + header.type);
  view.setUint8(3, header.flags);
  view.setUint8(4, header.serverIndex);
  view.setUint8(5, header.channelIndex);
  view.setUint8(6, header.stepLevel);
  view.setUint8(7, header.fecEncodingId);
  view.setUint32(8, header.tagHigh);
  view.setUint32(12, header.tagLow);
  view.setUint32(16, header.sequence);
  view.setUint32(20, header.sendTimeUs);
  view.setBigUint64(24, BigInt(header.sizeBytes) * 65_536n + BigInt(header.symbolBytes));
  view.setUint32(32, header.blockCount);
  view.setUint32(36, header.block);
  view.setUint32(40, header.esi);
  view.setUint16(44, header.slot);
  view.setUint16(46, 0);
  return new Uint8Array(view.buffer);
}

export function slowRead(bytes: Uint8Array): Header | HeaderFault {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 2 || view.getUint8(0) !== 0x4c || view.getUint8(1) !== 0x43) return 'foreign';
  if (bytes.length < 48) return 'truncated';
  const version = Math.floor(view.getUint8(2) / 16);
  const type = view.getUint8(2) % 16;
  if (version !== 2) return 'wireVersion';
  if (type !== 0 && type !== 1 && type !== 2 && type !== 3) return 'type';
  const sizes = view.getBigUint64(24);
  return {
    type,
    flags: view.getUint8(3),
    serverIndex: view.getUint8(4),
    channelIndex: view.getUint8(5),
    stepLevel: view.getUint8(6),
    fecEncodingId: view.getUint8(7),
    tagHigh: view.getUint32(8),
    tagLow: view.getUint32(12),
    sequence: view.getUint32(16),
    sendTimeUs: view.getUint32(20),
    sizeBytes: Number(sizes / 65_536n),
    symbolBytes: Number(sizes % 65_536n),
    blockCount: view.getUint32(32),
    block: view.getUint32(36),
    esi: view.getUint32(40),
    slot: view.getUint16(44),
  };
}
