import { LayercastError } from '../../base/errors.js';
import type { FleetFrames, FleetObject } from '../../fleet/fleet.js';
import { type FramedFile, frameCountOf } from '../../sender/iotupd/frame-carousel.js';
import type { FileSource } from '../../store/file-source.js';
import { FRAME_DATA_BYTES, MAX_FRAME_FILE_BYTES } from '../../wire/iotupd-frame.js';
import { Thread } from '../../work/thread.js';
import type { FrameHashWorker } from './frame-hash-worker.js';

/** The multiples of this number, modulo 1, are as far apart as possible, for any count of them (Weyl; Swierczkowski 1958). */
const GOLDEN_RATIO = 0.618034;
/** Strides that are tried, as parts of a frame's data. */
const STRIDE_PARTS = 8;
/** iotupd's receiver has to count this many times the file, so that a few lost frames do not keep it from ending. */
const COUNT_MARGIN = 1.125;

/**
 * A file as frames of iotupd, from a server whose index decides where it begins.
 *
 * @param onVain called when a receiver of iotupd cannot complete this file, whatever is sent
 * @throws {LayercastError} `CONFIG_INVALID` for a file that iotupd cannot send; `OBJECT_CHANGED`, `FILE_IO`, `THREAD_LOST`, or the reason
 * of the signal
 */
export async function framedFile(
  { name, iotupd }: FleetObject & { readonly iotupd: FleetFrames },
  source: FileSource,
  serverIndex: number,
  signal: AbortSignal,
  onVain: () => void,
): Promise<FramedFile> {
  const { sizeBytes, path, fd } = source;
  if (sizeBytes < 1 || sizeBytes > MAX_FRAME_FILE_BYTES) {
    throw new LayercastError('CONFIG_INVALID', `object ${name}: iotupd cannot send a file of ${sizeBytes} bytes`, {
      hint: `Remove objects.${name}.iotupd; a file for iotupd has 1 to ${MAX_FRAME_FILE_BYTES} bytes`,
    });
  }
  const thread = new Thread<FrameHashWorker>(new URL('./frame-hash-worker.js', import.meta.url), 'frame hashing');
  try {
    const hash = await thread.call('hash', { fd, path, sizeBytes, hash: iotupd.hash }, { signal });
    const strideBytes = await strideOf(sizeBytes, (stride) =>
      thread.call('countChanging', { fd, path, sizeBytes, strideBytes: stride }, { signal }),
    );
    await source.confirm();
    if (strideBytes === undefined) onVain();
    const stride = strideBytes ?? FRAME_DATA_BYTES;
    const firstFrame = Math.floor(((serverIndex * GOLDEN_RATIO) % 1) * frameCountOf(sizeBytes, stride));
    return { source, hash, frameBytes: iotupd.frameBytes, strideBytes: stride, firstFrame };
  } finally {
    await thread.close();
  }
}

/**
 * How far apart frames begin. iotupd's receiver is done when the frames that changed a byte of its file have brought as many bytes as the file
 * has. A frame of zeros changes nothing there, so a file with such frames never ends, unless frames overlap: then the bytes of other frames
 * count several times.
 *
 * @param countChanging how many bytes such a receiver counts in one round of frames that begin so many bytes apart
 * @returns undefined if no stride is enough
 */
export async function strideOf(
  sizeBytes: number,
  countChanging: (strideBytes: number) => Promise<number>,
): Promise<number | undefined> {
  if ((await countChanging(FRAME_DATA_BYTES)) === sizeBytes) return FRAME_DATA_BYTES;
  for (let part = STRIDE_PARTS - 1; part > 0; part--) {
    const strideBytes = Math.floor((FRAME_DATA_BYTES * part) / STRIDE_PARTS);
    if ((await countChanging(strideBytes)) >= sizeBytes * COUNT_MARGIN) return strideBytes;
  }
  return undefined;
}
