// The worker file of framed-file.ts: reads a whole file for its hash in frames, which takes a second for 10 to 20 MB.
import { FILE_PIECE_BYTES } from '../../base/limits.js';
import { systemError } from '../../base/system-error.js';
import { readWholly } from '../../store/sync-io.js';
import { FRAME_DATA_BYTES } from '../../wire/iotupd-frame.js';
import { type LibrecastHash, startHash } from '../../wire/librecast.js';
import { serveCalls } from '../../work/serve-calls.js';

export interface HashRequest {
  /** Open as long as the call runs. */
  readonly fd: number;
  readonly path: string;
  readonly sizeBytes: number;
  readonly hash: LibrecastHash;
}

const worker = () => ({
  hash({ fd, path, sizeBytes, hash }: HashRequest): Uint8Array {
    const running = startHash(hash);
    eachPiece(fd, path, sizeBytes, FILE_PIECE_BYTES, (piece) => running.update(piece));
    return running.digest();
  },
  /**
   * How many bytes a receiver of iotupd counts in one round of frames that begin `strideBytes` apart: those of frames that change a byte of a
   * file of zeros.
   */
  countChanging({
    fd,
    path,
    sizeBytes,
    strideBytes,
  }: Omit<HashRequest, 'hash'> & { readonly strideBytes: number }): number {
    const zeros = Buffer.alloc(FRAME_DATA_BYTES);
    let countedBytes = 0;
    // Where the bytes end that a frame is the first to bring. The first frame brings all of its bytes.
    let to = FRAME_DATA_BYTES;
    let isZero = true;
    eachPiece(fd, path, sizeBytes, FILE_PIECE_BYTES, (piece, offset) => {
      for (let at = 0; at < piece.length; ) {
        const end = Math.min(piece.length, to - offset);
        if (isZero) isZero = piece.compare(zeros, 0, end - at, at, end) === 0;
        at = end;
        if (offset + end < Math.min(to, sizeBytes)) continue;
        if (!isZero) countedBytes += Math.min(to, sizeBytes) - (to - FRAME_DATA_BYTES);
        to += strideBytes;
        isZero = true;
      }
    });
    return countedBytes;
  },
});

export type FrameHashWorker = typeof worker;
serveCalls(worker);

function eachPiece(
  fd: number,
  path: string,
  sizeBytes: number,
  pieceBytes: number,
  visit: (piece: Buffer, offset: number) => void,
): void {
  const buffer = Buffer.allocUnsafeSlow(pieceBytes);
  try {
    for (let offset = 0; offset < sizeBytes; offset += pieceBytes) {
      // A file that has become shorter is found when the read is confirmed.
      const readBytes = readWholly(fd, buffer.subarray(0, Math.min(pieceBytes, sizeBytes - offset)), offset);
      visit(buffer.subarray(0, readBytes), offset);
    }
  } catch (error) {
    throw systemError(error, 'read', path);
  }
}
