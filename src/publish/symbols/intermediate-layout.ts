import { crc32 } from 'node:zlib';
import { blockCode } from '../../fec/index.js';
import { blockSymbolCount, type Geometry } from '../../object/geometry.js';

/**
 * The layout of a file of intermediate symbols: a header that names the object, then the rows of one block after the other. A
 * row is an intermediate symbol and its CRC-32 (u32 LE), so that damage is found when the row is used, without reading other
 * rows.
 */
export class IntermediateLayout {
  readonly geometry: Geometry;
  readonly rowBytes: number;
  /** Permanent symbols of the longest block (P), the last of its rows. */
  readonly permanentRowCount: number;
  readonly #longRowCount: number;
  readonly #shortRowCount: number;

  /** @param geometry of an object that is not empty. */
  constructor(geometry: Geometry) {
    const { longBlockSymbolCount, longBlockCount, blockCount, symbolBytes } = geometry;
    this.geometry = geometry;
    this.rowBytes = symbolBytes + CHECKSUM_BYTES;
    const code = blockCode(longBlockSymbolCount);
    this.#longRowCount = code.intermediateCount;
    this.permanentRowCount = code.permanentCount;
    const hasShort = longBlockCount < blockCount;
    this.#shortRowCount = hasShort ? blockCode(longBlockSymbolCount - 1).intermediateCount : 0;
  }

  get fileBytes(): number {
    return this.blockStart(this.geometry.blockCount);
  }

  /** L of the longest block. */
  get longRowCount(): number {
    return this.#longRowCount;
  }

  /** Intermediate symbols of a block (L). */
  rowCount(block: number): number {
    const { geometry } = this;
    return blockSymbolCount(geometry, block) === geometry.longBlockSymbolCount
      ? this.#longRowCount
      : this.#shortRowCount;
  }

  /** Byte at which the rows of a block begin; for the number after the last block, the end of the file. */
  blockStart(block: number): number {
    return HEADER_BYTES + this.rowOf(block) * this.rowBytes;
  }

  /** Number, within the file, of the first row of a block; for the number after the last block, how many rows there are. */
  rowOf(block: number): number {
    const long = Math.min(block, this.geometry.longBlockCount);
    return long * this.#longRowCount + (block - long) * this.#shortRowCount;
  }

  /** Whether a row that was read has the checksum of its symbol. */
  isIntact(row: Buffer): boolean {
    const { symbolBytes } = this.geometry;
    return crc32(row.subarray(0, symbolBytes)) === row.readUInt32LE(symbolBytes);
  }

  /** Writes an intermediate symbol and its checksum to `row`. */
  fillRow(row: Buffer, symbol: Uint8Array): void {
    const { symbolBytes } = this.geometry;
    row.set(symbol);
    row.writeUInt32LE(crc32(row.subarray(0, symbolBytes)), symbolBytes);
  }
}

export const HEADER_BYTES = 64;
const CHECKSUM_BYTES = 4;
/** Ends in the number of the format: a file of another format is made anew. */
const MAGIC = 'LCinter1';

/**
 * Magic, SHA-256 of the object, its size (u64), symbol size and block count (u32 each), CRC-32 of all that, four zeros;
 * little-endian. A file with another header belongs to another object or is damaged.
 */
export function headerOf(sha256: Uint8Array, { sizeBytes, symbolBytes, blockCount }: Geometry): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.set(sha256, 8);
  header.writeBigUInt64LE(BigInt(sizeBytes), 40);
  header.writeUInt32LE(symbolBytes, 48);
  header.writeUInt32LE(blockCount, 52);
  header.writeUInt32LE(crc32(header.subarray(0, 56)), 56);
  return header;
}
