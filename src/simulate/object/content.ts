import { LayercastError } from '../../base/errors.js';
import type { ByteSource, Clock } from '../../base/ports.js';

/** The bytes of an object of any size. */
export interface Content {
  readonly sizeBytes: number;
  /** A view of some bytes, both ends inside; it may be overwritten by the next call. */
  slice(offset: number, length: number): Uint8Array;
  /** Zeros only, so that its symbols, coded ones too, need neither be made nor carried nor kept. @default false */
  readonly isBlank?: boolean;
  /** Nobody will verify it, so that it need not be hashed. @default false */
  readonly isUnread?: boolean;
}

/**
 * An object of zeros, which stands for any other of its size where only times and rates matter.
 * @param isUnread whether nobody will verify it.
 */
export function blankContent(sizeBytes: number, isUnread = false): Content {
  return { ...sparseContent(sizeBytes, []), isBlank: true, isUnread };
}

export function bufferContent(bytes: Uint8Array): Content {
  return { sizeBytes: bytes.length, slice: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** Zeros but for some places: an object larger than memory. */
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

/** A server's disk with an object on it. */
export class ContentSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #content: Content;
  readonly #clock: Clock;
  readonly #readUs: number;
  #hasChanged = false;

  /** @param readUs what each read takes. */
  constructor(content: Content, clock: Clock, readUs = 0) {
    this.sizeBytes = content.sizeBytes;
    this.#content = content;
    this.#clock = clock;
    this.#readUs = readUs;
  }

  /** Somebody writes to the file: what is read from now on would be a mixture, and is refused. */
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
