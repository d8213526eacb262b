import { isGeometry } from '../../object/geometry.js';
import { type Descriptor, NO_CODE, RAPTORQ } from '../../wire/descriptor.js';

/** Whether this program can receive what a descriptor describes. */
export function isUsable({ sizeBytes, symbolBytes, blockCount, fecEncodingId, needs }: Descriptor): boolean {
  const isSpoken = fecEncodingId === NO_CODE || fecEncodingId === RAPTORQ;
  return needs === undefined && isSpoken && isGeometry(sizeBytes, symbolBytes, blockCount);
}
