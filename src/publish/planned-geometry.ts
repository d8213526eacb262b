import { MAX_BLOCK_SYMBOLS } from '../base/limits.js';
import type { Fleet, FleetObject } from '../fleet/fleet.js';
import { blockCountFor, type Geometry, geometryOf, isGeometry } from '../object/geometry.js';
import { automaticBlockSymbols } from '../sender/schedule/block-size.js';

/**
 * How an object is divided into symbols and blocks if its file has `sizeBytes`. The fleet file sets the block size; without a
 * setting it follows from the size and the code. Undefined for a file that is too large to be sent.
 */
export function plannedGeometry(fleet: Fleet, object: FleetObject, sizeBytes: number): Geometry | undefined {
  const { symbolBytes, blockSymbols } = fleet;
  const automatic = automaticBlockSymbols(object.code, Math.ceil(sizeBytes / symbolBytes), symbolBytes);
  const blockCount = blockCountFor(sizeBytes, symbolBytes, Math.min(blockSymbols ?? automatic, MAX_BLOCK_SYMBOLS));
  return isGeometry(sizeBytes, symbolBytes, blockCount) ? geometryOf(sizeBytes, symbolBytes, blockCount) : undefined;
}
