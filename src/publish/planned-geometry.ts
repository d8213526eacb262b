import { MAX_BLOCK_SYMBOLS } from '../base/limits.js';
import type { Fleet, FleetObject } from '../fleet/fleet.js';
import { blockCountFor, type Geometry, geometryOf, isGeometry } from '../object/geometry.js';
import { automaticBlockSymbols } from '../sender/schedule/block-size.js';

/**
 * How an object of a fleet is cut when its file has `sizeBytes`: as the fleet file says, or as suits its size and code.
 * Undefined for a file too large to be sent.
 */
export function plannedGeometry(fleet: Fleet, object: FleetObject, sizeBytes: number): Geometry | undefined {
  const { symbolBytes, blockSymbols } = fleet;
  const automatic = automaticBlockSymbols(object.code, Math.ceil(sizeBytes / symbolBytes), symbolBytes);
  const blockCount = blockCountFor(sizeBytes, symbolBytes, Math.min(blockSymbols ?? automatic, MAX_BLOCK_SYMBOLS));
  return isGeometry(sizeBytes, symbolBytes, blockCount) ? geometryOf(sizeBytes, symbolBytes, blockCount) : undefined;
}
