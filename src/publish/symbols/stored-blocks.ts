import { type RowReader, RunEncoder } from '../../fec/index.js';
import { blockSymbolCount, type Geometry } from '../../object/geometry.js';
import { readWholly } from '../../store/sync-io.js';
import { IntermediateLayout } from './intermediate-layout.js';

/** Rows that `load` reads at once: some 0.2 ms, or 0.4 ms when their checksums are compared. */
const PIECE_BYTES = 256 * 1024;

/** A row of intermediate symbols has a wrong checksum. */
export class DamagedBlock extends Error {
  override readonly name = 'DamagedBlock';
  readonly block: number;

  constructor(block: number) {
    super(`intermediate symbols of block ${block} are damaged`);
    this.block = block;
  }
}

/** Most memory that rows of a file take if `allowedBytes` are allowed: the size of the file if all rows fit. */
export function heldBytesOf(layout: IntermediateLayout, allowedBytes: number): number {
  if (layout.fileBytes <= allowedBytes) return layout.fileBytes;
  const fittingCount = Math.floor(Math.max(0, allowedBytes) / permanentBytesOf(layout));
  return Math.min(layout.geometry.blockCount, fittingCount) * permanentBytesOf(layout);
}

function permanentBytesOf({ permanentRowCount, rowBytes }: IntermediateLayout): number {
  return permanentRowCount * rowBytes;
}

/**
 * Makes symbols from a file of intermediate symbols, synchronously, in worker threads. If all rows fit into the memory that is
 * allowed, they are held from their first use on. Otherwise each row is read when it is needed, except for the permanent symbols of
 * as many blocks as fit: they are 200 of some 17,000 rows, but each symbol needs two or three of them among its seven rows.
 *
 * The checksum of a row is compared when the row is used for the first time.
 */
export class StoredBlocks {
  readonly #fd: number;
  readonly #layout: IntermediateLayout;
  readonly #isHeld: boolean;
  /** Of each block all rows, or the permanent ones; how many blocks these are is limited by the memory that is allowed. */
  readonly #held = new Map<number, Buffer>();
  readonly #maxHeldCount: number;
  /** One bit for each row of the file, set when the row was found intact. */
  readonly #intact: Uint8Array;
  readonly #encoders = new Map<number, RunEncoder>();
  readonly #row: Buffer;
  /** The block whose rows `#readRow` reads, number of the first row of the file that belongs to it, and its first held row. */
  #block = 0;
  #firstRow = 0;
  #firstHeldRow = 0;
  #heldRows: Buffer | undefined;

  /** @param allowedBytes memory for rows */
  constructor(fd: number, geometry: Geometry, allowedBytes: number) {
    const layout = new IntermediateLayout(geometry);
    this.#fd = fd;
    this.#layout = layout;
    const heldBytes = heldBytesOf(layout, allowedBytes);
    this.#isHeld = heldBytes === layout.fileBytes;
    this.#maxHeldCount = this.#isHeld ? geometry.blockCount : heldBytes / permanentBytesOf(layout);
    this.#intact = new Uint8Array(Math.ceil(layout.rowOf(geometry.blockCount) / 8));
    this.#row = Buffer.alloc(layout.rowBytes);
  }

  /**
   * Writes consecutive symbols of a block to `into`: symbol i begins at i · `strideBytes`.
   *
   * @throws {DamagedBlock} if a row of the file is damaged or missing; also errors of the system if the file cannot be read
   */
  encode(block: number, firstEsi: number, count: number, into: Uint8Array, strideBytes: number): void {
    const encoder = this.#encoderOf(block);
    this.#block = block;
    this.#firstRow = this.#layout.rowOf(block);
    this.#firstHeldRow = this.#isHeld ? 0 : encoder.code.ltCount;
    this.#heldRows = this.#held.get(block) ?? this.#hold(block);
    encoder.encode(firstEsi, count, into, strideBytes, this.#readRow);
  }

  /**
   * Reads the rows of a block into `into`: row i begins at i · `strideBytes`. Yields after each piece of them. A piece is read to where its rows
   * belong, and each row is then moved to its place there: copies from another buffer took half as long again.
   *
   * @throws {DamagedBlock} and errors of the system, as `encode`
   */
  *load(block: number, into: Uint8Array, strideBytes: number): Generator<void, void, undefined> {
    const { rowBytes, geometry } = this.#layout;
    const { symbolBytes } = geometry;
    const rowCount = this.#layout.rowCount(block);
    const firstRow = this.#layout.rowOf(block);
    const bytes = Buffer.from(into.buffer, into.byteOffset, into.length);
    for (let first = 0; first < rowCount; ) {
      const place = first * strideBytes;
      const fittingCount = Math.floor((into.length - place) / Math.max(rowBytes, strideBytes));
      const count = Math.min(rowCount - first, fittingCount, Math.ceil(PIECE_BYTES / rowBytes));
      const piece = this.#layout.blockStart(block) + first * rowBytes;
      if (count === 0) {
        // Its checksum would lie beyond the end.
        this.#readPiece(block, this.#row, piece);
        this.#check(block, firstRow + first, this.#row, 0);
        into.set(this.#row.subarray(0, symbolBytes), place);
        first++;
        continue;
      }
      // Rows that move towards the beginning can be moved in order.
      const start = place + Math.max(0, count * (strideBytes - rowBytes));
      this.#readPiece(block, bytes.subarray(start, start + count * rowBytes), piece);
      for (let i = 0; i < count; i++) {
        const at = start + i * rowBytes;
        this.#check(block, firstRow + first + i, bytes, at);
        bytes.copyWithin(place + i * strideBytes, at, at + symbolBytes);
      }
      first += count;
      yield;
    }
  }

  /** The encoder for blocks of this length. Blocks have two lengths at most. */
  #encoderOf(block: number): RunEncoder {
    const { geometry } = this.#layout;
    const sourceCount = blockSymbolCount(geometry, block);
    const made = this.#encoders.get(sourceCount) ?? new RunEncoder(sourceCount, geometry.symbolBytes);
    this.#encoders.set(sourceCount, made);
    return made;
  }

  #hold(block: number): Buffer | undefined {
    if (this.#held.size >= this.#maxHeldCount) return undefined;
    const layout = this.#layout;
    const start = layout.blockStart(block) + this.#firstHeldRow * layout.rowBytes;
    const rows = Buffer.allocUnsafeSlow((layout.rowCount(block) - this.#firstHeldRow) * layout.rowBytes);
    this.#readPiece(block, rows, start);
    for (let at = 0; at < rows.length; at += layout.rowBytes) {
      if (!layout.isIntact(rows.subarray(at, at + layout.rowBytes))) throw new DamagedBlock(block);
    }
    this.#held.set(block, rows);
    return rows;
  }

  readonly #readRow: RowReader = (row, offset, into) => {
    const { rowBytes } = this.#layout;
    if (this.#heldRows !== undefined && row >= this.#firstHeldRow) {
      const start = (row - this.#firstHeldRow) * rowBytes + offset;
      into.set(this.#heldRows.subarray(start, start + into.length));
      return;
    }
    const position = this.#layout.blockStart(this.#block) + row * rowBytes;
    const bit = this.#firstRow + row;
    if (this.#isIntact(bit)) {
      if (readWholly(this.#fd, into, position + offset) < into.length) throw new DamagedBlock(this.#block);
      return;
    }
    this.#readPiece(this.#block, this.#row, position);
    this.#check(this.#block, bit, this.#row, 0);
    into.set(this.#row.subarray(offset, offset + into.length));
  };

  #readPiece(block: number, rows: Buffer, position: number): void {
    if (readWholly(this.#fd, rows, position) < rows.length) throw new DamagedBlock(block);
  }

  /**
   * Compares a row's checksum if that was not done before.
   *
   * @param bit number of the row within the file
   * @param at where the row begins in `bytes`
   */
  #check(block: number, bit: number, bytes: Buffer, at: number): void {
    if (this.#isIntact(bit)) return;
    if (!this.#layout.isIntact(bytes.subarray(at, at + this.#layout.rowBytes))) throw new DamagedBlock(block);
    this.#intact[bit >>> 3]! |= 1 << (bit & 7);
  }

  #isIntact(bit: number): boolean {
    return ((this.#intact[bit >>> 3]! >>> (bit & 7)) & 1) === 1;
  }
}
