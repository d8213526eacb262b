import { LayercastError } from '../../base/errors.js';
import type { ByteSource, Clock } from '../../base/ports.js';

/** The bytes of an object of any size. */
export interface Content {
  readonly sizeBytes: number;
  /** A view of `length` bytes from `offset`, which must lie in the object. The next call may overwrite it. */
  slice(offset: number, length: number): Uint8Array;
  /**
   * Whether the object is all zeros, so that its symbols, also coded ones, need not be made, carried or kept. @default false
   */
  readonly isBlank?: boolean;
  /** Whether no receiver will verify the object, so that it need not be hashed. @default false */
  readonly isUnread?: boolean;
}

/**
 * An object of zeros. It represents any other object of its size if only times and rates matter.
 * @param isUnread whether no receiver will verify it.
 */
export function blankContent(sizeBytes: number, isUnread = false): Content {
  return { ...sparseContent(sizeBytes, []), isBlank: true, isUnread };
}

export function bufferContent(bytes: Uint8Array): Content {
  return { sizeBytes: bytes.length, slice: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** An object of zeros except for some pieces, which may be larger than memory. */
export function sparseContent(sizeBytes: number, pieces: readonly { offset: number; bytes: Uint8Array }[]): Content {
  let zeros = new Uint8Array(0);
  return {
    sizeBytes,
    slice(offset, length) {
      if (zeros.length < length) zeros = new Uint8Array(length);
      const touched = pieces.filter(
        (piece) => piece.offset < offset + length && offset < piece.offset + piece.bytes.length,
      );
      if (touched.length === 0) return zeros.subarray(0, length);
      const view = new Uint8Array(length);
      for (const piece of touched) {
        const from = Math.max(offset, piece.offset);
        const to = Math.min(offset + length, piece.offset + piece.bytes.length);
        view.set(piece.bytes.subarray(from - piece.offset, to - piece.offset), from - offset);
      }
      return view;
    },
  };
}

/** An object on a server's disk. */
export class ContentSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #content: Content;
  readonly #clock: Clock;
  readonly #readUs: number;
  #hasChanged = false;

  /** @param readUs time that each read takes. */
  constructor(content: Content, clock: Clock, readUs = 0) {
    this.sizeBytes = content.sizeBytes;
    this.#content = content;
    this.#clock = clock;
    this.#readUs = readUs;
  }

  /** Another program writes to the file. Reads from now on fail, because they would give a mixture. */
  change(): void {
    this.#hasChanged = true;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    if (this.#readUs > 0) {
      await new Promise<void>((resolve) => {
        this.#clock.schedule(this.#clock.nowUs() + this.#readUs, resolve);
      });
    }
    if (this.#hasChanged) throw new LayercastError('OBJECT_CHANGED', 'the object changed while it was being sent');
    into.set(this.#content.slice(offset, into.length));
  }
}
