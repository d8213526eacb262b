import type { ByteSource, SendBatch } from '../../base/ports.js';
import { FRAME_DATA_BYTES, type FrameBytes, frameDataStart, writeFrameHeader } from '../../wire/iotupd-frame.js';
import type { SendLimits } from '../slab.js';

/** Frames that are made ahead: at 100 Mbit/s they last for 13 ms, at 1 Gbit/s as long as a read from memory. */
const SLAB_FRAMES = 128;

/** A file as frames of iotupd bring it. */
export interface FramedFile {
  readonly source: ByteSource;
  /** The file's hash, 32 bytes. */
  readonly hash: Uint8Array;
  readonly frameBytes: FrameBytes;
  /** How far apart frames begin in the file; below 1194 frames overlap. */
  readonly strideBytes: number;
  /** The first frame that is sent; several servers begin at different ones. */
  readonly firstFrame: number;
}

/** Frames that are ready to leave, back to back. */
interface Slab {
  readonly bytes: Uint8Array;
  count: number;
}

/** Makes the frames of a file in order and without end, and numbers those that leave. */
export class FrameCarousel {
  /** Frames that have left. */
  sentCount = 0;
  readonly #file: FramedFile;
  readonly #frameCount: number;
  readonly #piece: Uint8Array;
  #front: Slab;
  #back: Slab;
  #leftCount = 0;
  #isBackReady = false;
  /** The frame that is made next, and its sequence number. */
  #nextFrame: number;
  #nextSequence = 0;

  constructor(file: FramedFile) {
    this.#file = file;
    this.#frameCount = frameCountOf(file.source.sizeBytes, file.strideBytes);
    this.#nextFrame = file.firstFrame % this.#frameCount;
    this.#piece = new Uint8Array((SLAB_FRAMES - 1) * file.strideBytes + FRAME_DATA_BYTES);
    this.#front = { bytes: new Uint8Array(SLAB_FRAMES * file.frameBytes), count: 0 };
    this.#back = { bytes: new Uint8Array(SLAB_FRAMES * file.frameBytes), count: 0 };
  }

  get hasFrames(): boolean {
    return this.#leftCount < this.#front.count || this.#isBackReady;
  }

  get wantsRefill(): boolean {
    return !this.#isBackReady;
  }

  /** Makes frames ahead. @throws {LayercastError} when the file can no longer be read, for example `OBJECT_CHANGED` */
  async refill(): Promise<void> {
    const { source, strideBytes } = this.#file;
    const first = this.#nextFrame;
    const count = Math.min(SLAB_FRAMES, this.#frameCount - first);
    const offset = first * strideBytes;
    const end = Math.min(source.sizeBytes, offset + (count - 1) * strideBytes + FRAME_DATA_BYTES);
    await source.read(offset, this.#piece.subarray(0, end - offset));
    for (let i = 0; i < count; i++) this.#make(i, offset);
    this.#back.count = count;
    this.#isBackReady = true;
    this.#nextFrame = (first + count) % this.#frameCount;
  }

  /** Takes at most `count` frames that leave now. The network has to have taken them before the next call. */
  take(count: number, { maxBatchCount, maxBatchBytes }: SendLimits): readonly SendBatch[] {
    if (this.#leftCount === this.#front.count) {
      if (!this.#isBackReady) return [];
      [this.#front, this.#back] = [this.#back, this.#front];
      this.#leftCount = 0;
      this.#isBackReady = false;
    }
    const { frameBytes } = this.#file;
    const end = Math.min(this.#front.count, this.#leftCount + count);
    const most = Math.max(1, Math.min(maxBatchCount, Math.floor(maxBatchBytes / frameBytes)));
    const batches: SendBatch[] = [];
    for (let entry = this.#leftCount; entry < end; entry += most) {
      const next = Math.min(end, entry + most);
      const bytes = this.#front.bytes.subarray(entry * frameBytes, next * frameBytes);
      batches.push({ count: next - entry, bytes, datagramBytes: frameBytes });
    }
    this.sentCount += end - this.#leftCount;
    this.#leftCount = end;
    return batches;
  }

  #make(entry: number, pieceOffset: number): void {
    const { source, hash, frameBytes, strideBytes } = this.#file;
    const { bytes } = this.#back;
    const start = entry * frameBytes;
    const inPiece = entry * strideBytes;
    const offset = pieceOffset + inPiece;
    const dataBytes = Math.min(FRAME_DATA_BYTES, source.sizeBytes - offset);
    const dataStart = start + frameDataStart(frameBytes);
    bytes.set(this.#piece.subarray(inPiece, inPiece + dataBytes), dataStart);
    bytes.fill(0, dataStart + dataBytes, start + frameBytes);
    const fields = { frameBytes, sizeBytes: source.sizeBytes, offset, dataBytes, sequence: this.#nextSequence };
    writeFrameHeader(bytes, start, fields, hash);
    this.#nextSequence = (this.#nextSequence + 1) % 2 ** 16;
  }
}

/** Frames of a file in one round. The last frame reaches to the end. */
export function frameCountOf(sizeBytes: number, strideBytes: number): number {
  return Math.max(1, Math.ceil(Math.max(0, sizeBytes - FRAME_DATA_BYTES) / strideBytes) + 1);
}
