import { createHash } from 'node:crypto';
import { deleteOldest } from '../base/delete-oldest.js';
import { DEFAULT_SYMBOL_BYTES, HEADER_BYTES, MAX_RECORD_BYTES } from '../base/limits.js';
import { DatagramType, type Header, newHeader, tagOf, writeHeader } from './header.js';

/** Bytes of a record in one datagram. They fit IPv6's minimum MTU, whatever `symbolBytes` an object has. */
export const FRAGMENT_BYTES = DEFAULT_SYMBOL_BYTES;

/**
 * Most records that are assembled at once, genuine or not. Genuine servers seldom send pieces of two records at once; 32
 * leave room for forged ones. 32 × 64 KiB, or twice that with pieces of one byte, are 4.2 MB.
 */
const MAX_PENDING = 32;
/**
 * Most records that are remembered by tag, whatever their pieces, so that a repeated announcement costs neither assembly nor
 * a signature check. Enough for fleets with thousands of objects; with some 100 bytes each they take 1 MB.
 */
const MAX_KNOWN = 10_000;

/**
 * Cuts a signed record into datagrams. A record travels as an object of one block, whose tag is the first 8 bytes of the
 * record's SHA-256. Sequence, send time and marks are filled in when the datagrams leave.
 */
export function recordDatagrams(record: Uint8Array, serverIndex: number, channelIndex: number): readonly Uint8Array[] {
  const tag = recordTag(record);
  const header: Header = {
    ...newHeader(),
    type: DatagramType.descriptor,
    serverIndex,
    channelIndex,
    tagHigh: tag.readUInt32BE(0),
    tagLow: tag.readUInt32BE(4),
    sizeBytes: record.length,
    symbolBytes: FRAGMENT_BYTES,
    blockCount: 1,
  };
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < record.length; start += FRAGMENT_BYTES) {
    const piece = record.subarray(start, start + FRAGMENT_BYTES);
    const datagram = new Uint8Array(HEADER_BYTES + piece.length);
    header.esi = pieces.length;
    writeHeader(header, datagram, 0);
    datagram.set(piece, HEADER_BYTES);
    pieces.push(datagram);
  }
  return pieces;
}

/** Puts records together from pieces that arrive in any order, among damaged and forged pieces. */
export class RecordAssembler {
  readonly #pending = new Map<string, PendingRecord>();
  readonly #known = new Set<string>();

  /**
   * Takes a piece. Returns a whole record if the piece completes one that matches its tag and was not returned before,
   * `false` if the piece is invalid, and undefined otherwise.
   */
  add(header: Readonly<Header>, bytes: Uint8Array, start: number, length: number): Uint8Array | false | undefined {
    const { sizeBytes, symbolBytes, esi } = header;
    const offset = esi * symbolBytes;
    if (sizeBytes > MAX_RECORD_BYTES || symbolBytes === 0 || offset >= sizeBytes) return false;
    if (length !== Math.min(symbolBytes, sizeBytes - offset)) return false;
    const tag = tagOf(header);
    if (this.#known.has(tag)) return undefined;
    const key = `${tag}-${sizeBytes}-${symbolBytes}`;
    const pending = this.#pending.get(key) ?? this.#begin(key, sizeBytes, Math.ceil(sizeBytes / symbolBytes));
    if (pending.have[esi] === 1) return undefined;
    pending.have[esi] = 1;
    pending.missingCount--;
    pending.bytes.set(bytes.subarray(start, start + length), offset);
    if (pending.missingCount > 0) return undefined;
    this.#pending.delete(key);
    const found = recordTag(pending.bytes);
    if (found.readUInt32BE(0) !== header.tagHigh || found.readUInt32BE(4) !== header.tagLow) return false;
    this.#remember(tag);
    return pending.bytes;
  }

  /** Forgets a record that could not be checked this time, so that it is returned again when it arrives again. */
  forget(header: Readonly<Header>): void {
    this.#known.delete(tagOf(header));
  }

  /** Forgets all records: each is returned once more when it arrives again, because what it means may have changed. */
  forgetAll(): void {
    this.#known.clear();
  }

  #begin(key: string, sizeBytes: number, pieceCount: number): PendingRecord {
    if (this.#pending.size >= MAX_PENDING) deleteOldest(this.#pending);
    const pending = { bytes: new Uint8Array(sizeBytes), have: new Uint8Array(pieceCount), missingCount: pieceCount };
    this.#pending.set(key, pending);
    return pending;
  }

  #remember(tag: string): void {
    if (this.#known.size >= MAX_KNOWN) deleteOldest(this.#known);
    this.#known.add(tag);
  }
}

interface PendingRecord {
  readonly bytes: Uint8Array;
  /** 1 for each piece that has arrived. */
  readonly have: Uint8Array;
  missingCount: number;
}

function recordTag(record: Uint8Array): Buffer {
  return createHash('sha256').update(record).digest().subarray(0, 8);
}
