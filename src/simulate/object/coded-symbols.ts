import type { ByteSource } from '../../base/ports.js';
import { BlockEncoder } from '../../fec/index.js';
import { blockLength, blockOffset, type Geometry } from '../../object/geometry.js';
import { codedSymbolLength } from '../../sender/schedule/symbol-order.js';
import type { SharedBytes, SymbolSource } from '../../sender/slab.js';
import type { SymbolRuns } from '../../sender/symbol-runs.js';
import type { Content } from './content.js';

/**
 * Most memory for the encoders of one object. A carousel visits all blocks in turn, so keeping only a few of many would not
 * help.
 */
const MAX_BYTES = 64 * 2 ** 20;

/** Encoders of an object's blocks, made when first needed and shared by all servers. The least recently used are dropped. */
export class BlockEncoders {
  readonly symbolBytes: number;
  readonly #content: Content;
  readonly geometry: Geometry;
  readonly #encoders = new Map<number, BlockEncoder>();
  #bytes = 0;

  constructor(content: Content, geometry: Geometry) {
    this.symbolBytes = geometry.symbolBytes;
    this.#content = content;
    this.geometry = geometry;
  }

  of(block: number): BlockEncoder {
    const known = this.#encoders.get(block);
    const encoder = known ?? this.#make(block);
    this.#encoders.delete(block);
    this.#encoders.set(block, encoder);
    return encoder;
  }

  #make(block: number): BlockEncoder {
    const source = this.#content.slice(blockOffset(this.geometry, block), blockLength(this.geometry, block));
    const encoder = BlockEncoder.fromSource(source, this.symbolBytes);
    this.#bytes += encoder.intermediate.length;
    for (const [other, { intermediate }] of this.#encoders) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#encoders.delete(other);
      this.#bytes -= intermediate.length;
    }
    return encoder;
  }
}

/** The symbols of a coded object, read by one server from a disk that may be slow or whose file may change. */
export class CodedSymbols implements SymbolSource {
  readonly symbolBytes: number;
  readonly #disk: ByteSource;
  readonly #encoders: BlockEncoders;
  #scratch = new Uint8Array(0);

  constructor(disk: ByteSource, encoders: BlockEncoders) {
    this.symbolBytes = encoders.symbolBytes;
    this.#disk = disk;
    this.#encoders = encoders;
  }

  async read(runs: SymbolRuns, into: SharedBytes, strideBytes: number): Promise<void> {
    await this.#disk.read(0, new Uint8Array(0));
    const { symbolBytes } = this;
    for (const { block, firstEsi, start, count } of runs) {
      if (this.#scratch.length < count * symbolBytes) this.#scratch = new Uint8Array(count * symbolBytes);
      this.#encoders.of(block).encodeRun(firstEsi, count, this.#scratch);
      for (let i = 0; i < count; i++) {
        const length = codedSymbolLength(this.#encoders.geometry, block, firstEsi + i);
        into.set(this.#scratch.subarray(i * symbolBytes, i * symbolBytes + length), start + i * strideBytes);
      }
    }
  }
}
