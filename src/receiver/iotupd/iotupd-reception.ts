import { ByteRanges } from '../../object/byte-ranges.js';
import { FRAME_HASH_BYTES, Frame, type FrameBytes, type FrameFault, readFrame } from '../../wire/iotupd-frame.js';
import { SequenceLosses } from './sequence-losses.js';

/** A file that frames name: all that they say of it. */
export interface FrameFile {
  readonly hash: Uint8Array;
  readonly sizeBytes: number;
}

/** How long the chosen file may be silent before another file that is heard takes its place. A carousel pauses less. */
const GIVE_UP_US = 10_000_000;
/** Files that turned out to be wrong and are not taken again: enough for the versions that servers of a group send in a run. */
const MAX_REFUSED = 16;

/**
 * Reasons for which frames are not used. `length`, `size`, `range`: no frame that iotupd can send. `other`: of another file. `refused`: of a
 * file that is not the one that is wanted. `closed`: the part file is not open yet. `full`: too many gaps. What is not used comes again.
 */
export type FrameRefusal = FrameFault | 'other' | 'refused' | 'closed' | 'full';

/** Where the bytes of an accepted frame are put. @returns false if they cannot be taken now */
export type PutBytes = (offset: number, bytes: Uint8Array, start: number, length: number) => boolean;

/**
 * Takes datagrams of iotupd servers, and decides which file they belong to and which of their bytes are new. Frames name no server and no
 * version. The first file that is heard is the one that is received. If it is silent for 10 s while another is heard, the other takes its place.
 */
export class IotupdReception {
  /** Frames of the chosen file. */
  frameCount = 0;
  dataBytes = 0;
  duplicateBytes = 0;
  readonly refusals = new Map<FrameRefusal, number>();
  readonly ranges = new ByteRanges();
  readonly losses = new SequenceLosses();
  /** When a frame of the chosen file came last. */
  lastUs: number;
  readonly #put: PutBytes;
  readonly #onFile: (file: FrameFile, frameBytes: FrameBytes) => void;
  readonly #frame = new Frame();
  readonly #refused: FrameFile[] = [];
  #file: FrameFile | undefined;

  /**
   * @param nowUs when the reception begins
   * @param put called for each frame with bytes that are not there yet
   * @param onFile called when a file is chosen; nothing of it is there
   */
  constructor(nowUs: number, put: PutBytes, onFile: (file: FrameFile, frameBytes: FrameBytes) => void) {
    this.lastUs = nowUs;
    this.#put = put;
    this.#onFile = onFile;
  }

  /** The file that is being received; undefined before one was heard. */
  get file(): FrameFile | undefined {
    return this.#file;
  }

  get isWhole(): boolean {
    return this.#file !== undefined && this.ranges.totalBytes === this.#file.sizeBytes;
  }

  /** Whether a file was heard that is not the one that is wanted. */
  get hasRefused(): boolean {
    return this.#refused.length > 0;
  }

  /** Datagrams that were not used. */
  get refusedCount(): number {
    return [...this.refusals.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Goes on with a file of which an earlier run has received some bytes. */
  resume(file: FrameFile, ranges: Iterable<readonly [number, number]>): void {
    this.#file = file;
    for (const [start, end] of ranges) this.ranges.add(start, end);
  }

  /** Forgets all bytes of the chosen file, which were wrong: they are received again. */
  restart(): void {
    this.ranges.clear();
  }

  /** Takes this file no more: it is not the one that is wanted. */
  refuse(): void {
    if (this.#file === undefined) return;
    this.#refused.push(this.#file);
    if (this.#refused.length > MAX_REFUSED) this.#refused.shift();
    this.#file = undefined;
    this.ranges.clear();
  }

  /**
   * Takes the datagram `bytes[start .. start + length]`.
   *
   * @param stream a whole number for its source address and group
   * @returns whether it is a frame of the chosen file
   */
  take(bytes: Uint8Array, start: number, length: number, stream: number, nowUs: number): boolean {
    const frame = this.#frame;
    const fault = readFrame(bytes, start, length, frame) ?? this.#choose(bytes, frame, nowUs);
    if (fault !== undefined) return this.#refuse(fault);
    this.lastUs = nowUs;
    this.frameCount++;
    this.dataBytes += frame.dataBytes;
    if (frame.sequence !== undefined) this.losses.take(stream, frame.sequence);
    if (frame.dataBytes === 0) return true;
    const end = frame.offset + frame.dataBytes;
    const knownBytes = this.ranges.bytesWithin(frame.offset, end);
    if (knownBytes === frame.dataBytes) {
      this.duplicateBytes += knownBytes;
      return true;
    }
    if (!this.#put(frame.offset, bytes, frame.dataStart, frame.dataBytes)) return this.#refuse('closed');
    if (!this.ranges.add(frame.offset, end)) return this.#refuse('full');
    this.duplicateBytes += knownBytes;
    return true;
  }

  #refuse(why: FrameRefusal): false {
    this.refusals.set(why, (this.refusals.get(why) ?? 0) + 1);
    return false;
  }

  #choose(bytes: Uint8Array, frame: Frame, nowUs: number): FrameRefusal | undefined {
    const isOf = (file: FrameFile) => file.sizeBytes === frame.sizeBytes && hasHash(bytes, frame.hashStart, file.hash);
    if (this.#file !== undefined && isOf(this.#file)) return undefined;
    if (this.#refused.some(isOf)) return 'refused';
    if (this.#file !== undefined && nowUs - this.lastUs < GIVE_UP_US) return 'other';
    const hash = bytes.slice(frame.hashStart, frame.hashStart + FRAME_HASH_BYTES);
    this.#file = { hash, sizeBytes: frame.sizeBytes };
    this.ranges.clear();
    this.#onFile(this.#file, frame.frameBytes);
    return undefined;
  }
}

function hasHash(bytes: Uint8Array, start: number, hash: Uint8Array): boolean {
  for (let i = 0; i < FRAME_HASH_BYTES; i++) if (bytes[start + i] !== hash[i]) return false;
  return true;
}
