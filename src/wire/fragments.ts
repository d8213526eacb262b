import { createHash } from 'node:crypto';
import { deleteOldest } from '../base/delete-oldest.js';
import { DEFAULT_SYMBOL_BYTES, HEADER_BYTES, MAX_RECORD_BYTES } from '../base/limits.js';
import { DatagramType, type Header, newHeader, tagOf, writeHeader } from './header.js';
import { PieceSets } from './piece-sets.js';

/** Bytes of a record in one datagram. They fit IPv6's minimum MTU, whatever `symbolBytes` an object has. */
export const FRAGMENT_BYTES = DEFAULT_SYMBOL_BYTES;

/**
 * Most records that are remembered by tag, whatever their pieces, so that a repeated announcement costs neither assembly nor
 * a signature check. Enough for fleets with thousands of objects; with some 100 bytes each they take 1 MB.
 */
const MAX_KNOWN = 10_000;
/** Most records of which it is remembered that somebody forges their pieces: 100 kB. */
const MAX_SPOILT = 1000;

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

/**
 * Puts records together from pieces that arrive in any order, among damaged and forged pieces. Pieces of a record may come from several servers.
 * After they made something else once, those of each source are put together by themselves, because a stranger may send wrong ones on and on.
 */
export class RecordAssembler {
  readonly #pieces = new PieceSets();
  readonly #known = new Set<string>();
  /** Records whose pieces were put together and did not match their tag. */
  readonly #spoilt = new Set<string>();

  /**
   * Takes a piece. Returns a whole record if the piece completes one that matches its tag and was not returned before,
   * `false` if the piece is invalid, and undefined otherwise.
   *
   * @param sourceId where the piece came from; undefined if that is not known
   */
  add(
    header: Readonly<Header>,
    bytes: Uint8Array,
    start: number,
    length: number,
    sourceId?: number,
  ): Uint8Array | false | undefined {
    const { sizeBytes, symbolBytes, esi } = header;
    const offset = esi * symbolBytes;
    if (sizeBytes > MAX_RECORD_BYTES || symbolBytes === 0 || offset >= sizeBytes) return false;
    if (length !== Math.min(symbolBytes, sizeBytes - offset)) return false;
    const tag = tagOf(header);
    if (this.#known.has(tag)) return undefined;
    const key = `${tag}-${sizeBytes}-${symbolBytes}`;
    const set = this.#spoilt.has(key) ? `${key}-${sourceId}` : key;
    const piece = bytes.subarray(start, start + length);
    const record = this.#pieces.add(set, esi, piece, Math.ceil(sizeBytes / symbolBytes));
    if (record === undefined) return undefined;
    const found = recordTag(record);
    if (found.readUInt32BE(0) !== header.tagHigh || found.readUInt32BE(4) !== header.tagLow) {
      // A record of one piece waits for no other.
      if (length < sizeBytes) remember(this.#spoilt, key, MAX_SPOILT);
      return false;
    }
    remember(this.#known, tag, MAX_KNOWN);
    return record;
  }

  /** Forgets a record that could not be checked this time, so that it is returned again when it arrives again. */
  forget(header: Readonly<Header>): void {
    this.#known.delete(tagOf(header));
  }

  /** Forgets all records: each is returned once more when it arrives again, because what it means may have changed. */
  forgetAll(): void {
    this.#known.clear();
  }
}

function remember(texts: Set<string>, text: string, maxCount: number): void {
  if (!texts.has(text) && texts.size >= maxCount) deleteOldest(texts);
  texts.add(text);
}

function recordTag(record: Uint8Array): Buffer {
  return createHash('sha256').update(record).digest().subarray(0, 8);
}
