import { readvSync } from 'node:fs';
import { LayercastError } from '../base/errors.js';
import type { ReceivedBlock } from '../fec/index.js';
import { readWholly, writeWholly } from '../store/sync-io.js';
import type { BlockRun, StoredBlock } from './stored-block.js';

/** IOV_MAX of Linux, macOS and the BSDs: most pieces of memory that one call fills. */
const MAX_PIECES = 1024;
/** Runs with at most this many places between them are written together: a call costs as much as writing some 30 symbols. */
const JOINED_PLACES = 32;

/** Reads the symbols of a block from its places, and its spare symbols, into their rows. Waits for the disk. */
export function readRows(block: StoredBlock, memory: Pick<ReceivedBlock, 'rows' | 'strideBytes' | 'rowOf'>): void {
  const { fd, position, symbolBytes, lengthBytes, content } = block;
  const { rows, strideBytes, rowOf } = memory;
  const { esis, spares } = content;
  const pieces = new Pieces(fd);
  for (let place = 0; place < esis.length; place++) {
    const row = rowOf[place]!;
    if (row < 0) continue;
    const from = row * strideBytes;
    const length = Math.min(symbolBytes, lengthBytes - place * symbolBytes);
    pieces.add(position + place * symbolBytes, rows, from, length);
    if (length < symbolBytes) rows.fill(0, from + length, from + symbolBytes);
  }
  pieces.read();
  for (const [i, { bytes }] of spares.entries()) {
    const from = rowOf[esis.length + i]! * strideBytes;
    rows.set(bytes, from);
    rows.fill(0, from + bytes.length, from + symbolBytes);
  }
}

/** Writes the given places of a block. Gaps that are short are written, too: `bytes` is right everywhere. Waits for the disk. */
export function writeRuns(
  { fd, position, symbolBytes }: Pick<StoredBlock, 'fd' | 'position' | 'symbolBytes'>,
  bytes: Uint8Array,
  runs: readonly BlockRun[],
): void {
  for (const [first, count] of joined(runs)) {
    const start = first * symbolBytes;
    writeWholly(fd, bytes.subarray(start, (first + count) * symbolBytes), position + start);
  }
}

/** Pieces of memory that are filled from consecutive bytes of a file. Neighbours in file and memory become one piece. */
class Pieces {
  readonly #fd: number;
  readonly #views: Uint8Array[] = [];
  #memory: Uint8Array = new Uint8Array(0);
  #position = 0;
  /** Where the file goes on after all pieces. */
  #end = 0;
  /** The last piece, which may still grow. */
  #from = 0;
  #to = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  add(position: number, memory: Uint8Array, from: number, length: number): void {
    if (position !== this.#end || this.#views.length === MAX_PIECES - 1) this.read();
    if (this.#to === this.#from) this.#position = position;
    else if (from !== this.#to) this.#views.push(this.#memory.subarray(this.#from, this.#to));
    if (from !== this.#to) this.#from = from;
    this.#memory = memory;
    this.#to = from + length;
    this.#end = position + length;
  }

  /** Fills all pieces. */
  read(): void {
    if (this.#to > this.#from) this.#views.push(this.#memory.subarray(this.#from, this.#to));
    const views = this.#views.splice(0);
    this.#from = this.#to = 0;
    let position = this.#position;
    let missing = views.length === 0 ? 0 : readvSync(this.#fd, views, position);
    // A read that was cut short, by a signal or the end of the file, goes on piece by piece.
    for (const view of views) {
      const done = Math.min(missing, view.length);
      missing -= done;
      readAll(this.#fd, view.subarray(done), position + done);
      position += view.length;
    }
  }
}

function readAll(fd: number, into: Uint8Array, position: number): void {
  const readBytes = readWholly(fd, into, position);
  if (readBytes < into.length) {
    throw new LayercastError('FILE_IO', `the file ends at byte ${position + readBytes}, too early`);
  }
}

/** Joins runs that are close to each other. */
function* joined(runs: readonly BlockRun[]): Generator<BlockRun> {
  let [first, end] = [0, 0];
  for (const [next, count] of runs) {
    if (end > 0 && next - end > JOINED_PLACES) {
      yield [first, end - first];
      end = 0;
    }
    if (end === 0) first = next;
    end = next + count;
  }
  if (end > 0) yield [first, end - first];
}
