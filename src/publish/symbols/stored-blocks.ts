import { readSync } from 'node:fs';
import { type RowReader, RunEncoder } from '../../fec/index.js';
import { blockSymbolCount, type Geometry } from '../../object/geometry.js';
import { IntermediateLayout } from './intermediate-layout.js';

/** A row of intermediate symbols has a wrong checksum. */
export class DamagedBlock extends Error {
  override readonly name = 'DamagedBlock';
  readonly block: number;

  constructor(block: number) {
    super(`intermediate symbols of block ${block} are damaged`);
    this.block = block;
  }
}

/**
 * Makes symbols from a file of intermediate symbols, synchronously, in worker threads. Either blocks are held in memory
 * from their first use on, or each row is read when it is needed: a run of 16 symbols needs some 100 rows, 120 kB, of a block of
 * 10 to 40 MB.
 */
export class StoredBlocks {
  readonly #fd: number;
  readonly #layout: IntermediateLayout;
  readonly #held: Map<number, Buffer> | undefined;
  readonly #encoders = new Map<number, RunEncoder>();
  readonly #row: Buffer;
  /** Block whose rows `#readFileRow` and `#readHeldRow` read. */
  #block = 0;
  #heldBlock: Buffer = Buffer.alloc(0);

  /** @param isHeld whether blocks are to be held: in all `layout.fileBytes`. */
  constructor(fd: number, geometry: Geometry, isHeld: boolean) {
    this.#fd = fd;
    this.#layout = new IntermediateLayout(geometry);
    this.#held = isHeld ? new Map() : undefined;
    this.#row = Buffer.alloc(this.#layout.rowBytes);
  }

  /**
   * Writes consecutive symbols of a block to `into`: symbol i begins at i · `strideBytes`.
   *
   * @throws {DamagedBlock} if a row of the file is damaged or missing; also errors of the system if the file cannot be read
   */
  encode(block: number, firstEsi: number, count: number, into: Uint8Array, strideBytes: number): void {
    this.#block = block;
    if (this.#held !== undefined) this.#heldBlock = this.#held.get(block) ?? this.#hold(this.#held, block);
    const readRow = this.#held === undefined ? this.#readFileRow : this.#readHeldRow;
    this.#encoderOf(block).encode(firstEsi, count, into, strideBytes, readRow);
  }

  /** The encoder for blocks of this length. Blocks have two lengths at most. */
  #encoderOf(block: number): RunEncoder {
    const { geometry } = this.#layout;
    const sourceCount = blockSymbolCount(geometry, block);
    const made = this.#encoders.get(sourceCount) ?? new RunEncoder(sourceCount, geometry.symbolBytes);
    this.#encoders.set(sourceCount, made);
    return made;
  }

  #hold(held: Map<number, Buffer>, block: number): Buffer {
    const layout = this.#layout;
    const start = layout.blockStart(block);
    const rows = Buffer.allocUnsafeSlow(layout.rowCount(block) * layout.rowBytes);
    for (let done = 0; done < rows.length; ) {
      const readBytes = readSync(this.#fd, rows, done, rows.length - done, start + done);
      if (readBytes === 0) throw new DamagedBlock(block);
      done += readBytes;
    }
    for (let at = 0; at < rows.length; at += layout.rowBytes) {
      if (!layout.isIntact(rows.subarray(at, at + layout.rowBytes))) throw new DamagedBlock(block);
    }
    held.set(block, rows);
    return rows;
  }

  readonly #readHeldRow: RowReader = (row, offset, into) => {
    const start = row * this.#layout.rowBytes + offset;
    into.set(this.#heldBlock.subarray(start, start + into.length));
  };

  readonly #readFileRow: RowReader = (row, offset, into) => {
    const layout = this.#layout;
    const position = layout.blockStart(this.#block) + row * layout.rowBytes;
    const readBytes = readSync(this.#fd, this.#row, 0, layout.rowBytes, position);
    if (readBytes < layout.rowBytes || !layout.isIntact(this.#row)) throw new DamagedBlock(this.#block);
    into.set(this.#row.subarray(offset, offset + into.length));
  };
}
