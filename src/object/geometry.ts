import { LayercastError } from '../base/errors.js';
import { MAX_BLOCK_SYMBOLS, MAX_OBJECT_BYTES, MAX_SYMBOL_BYTES, MAX_SYMBOLS } from '../base/limits.js';

/**
 * How an object of `sizeBytes` is cut: into symbols of `symbolBytes` (the last may be short), and those into `blockCount`
 * blocks of as equal length as can be (RFC 6330, section 4.4.1.2). All rounding between bytes, symbols and blocks is here.
 *
 * The first `longBlockCount` blocks have `longBlockSymbolCount` symbols, the others one less.
 */
export interface Geometry {
  readonly sizeBytes: number;
  readonly symbolBytes: number;
  readonly symbolCount: number;
  readonly blockCount: number;
  readonly longBlockCount: number;
  readonly longBlockSymbolCount: number;
}

/**
 * @throws {LayercastError} `INTERNAL` for numbers outside the bounds above; check them where they come in with `isGeometry`.
 */
export function geometryOf(sizeBytes: number, symbolBytes: number, blockCount: number): Geometry {
  if (!isGeometry(sizeBytes, symbolBytes, blockCount)) {
    throw new LayercastError(
      'INTERNAL',
      `no geometry of ${sizeBytes} bytes, ${symbolBytes} a symbol, ${blockCount} blocks`,
    );
  }
  const symbolCount = Math.ceil(sizeBytes / symbolBytes);
  const longBlockSymbolCount = blockCount === 0 ? 0 : Math.ceil(symbolCount / blockCount);
  return {
    sizeBytes,
    symbolBytes,
    symbolCount,
    blockCount,
    longBlockSymbolCount,
    longBlockCount: blockCount === 0 ? 0 : symbolCount - (longBlockSymbolCount - 1) * blockCount,
  };
}

/** Whether the three numbers, which may come from the network, describe an object that this program can handle. */
export function isGeometry(sizeBytes: number, symbolBytes: number, blockCount: number): boolean {
  const whole =
    Number.isSafeInteger(sizeBytes) && Number.isSafeInteger(symbolBytes) && Number.isSafeInteger(blockCount);
  if (!whole || sizeBytes < 0 || sizeBytes > MAX_OBJECT_BYTES || symbolBytes < 1 || symbolBytes > MAX_SYMBOL_BYTES) {
    return false;
  }
  const symbolCount = Math.ceil(sizeBytes / symbolBytes);
  if (sizeBytes === 0) return blockCount === 0;
  return (
    symbolCount <= MAX_SYMBOLS &&
    blockCount >= 1 &&
    blockCount <= symbolCount &&
    Math.ceil(symbolCount / blockCount) <= MAX_BLOCK_SYMBOLS
  );
}

/** How many blocks keep each at no more than `maxBlockSymbols` symbols. */
export function blockCountFor(sizeBytes: number, symbolBytes: number, maxBlockSymbols: number): number {
  return Math.ceil(Math.ceil(sizeBytes / symbolBytes) / maxBlockSymbols);
}

export function blockSymbolCount(geometry: Geometry, block: number): number {
  return block < geometry.longBlockCount ? geometry.longBlockSymbolCount : geometry.longBlockSymbolCount - 1;
}

/** Number within the object of the first symbol of a block; of the block after the last, the symbol count. */
export function firstSymbolOf(geometry: Geometry, block: number): number {
  const long = Math.min(block, geometry.longBlockCount);
  return long * geometry.longBlockSymbolCount + (block - long) * (geometry.longBlockSymbolCount - 1);
}

/** The block that holds the object's symbol `symbol`; its ESI there is `symbol - firstSymbolOf(geometry, block)`. */
export function blockOf(geometry: Geometry, symbol: number): number {
  const inLong = geometry.longBlockCount * geometry.longBlockSymbolCount;
  return symbol < inLong
    ? Math.floor(symbol / geometry.longBlockSymbolCount)
    : geometry.longBlockCount + Math.floor((symbol - inLong) / (geometry.longBlockSymbolCount - 1));
}

export function symbolOffset(geometry: Geometry, symbol: number): number {
  return symbol * geometry.symbolBytes;
}

/** Bytes of the object in symbol `symbol`: `symbolBytes`, except that the last symbol may be shorter. */
export function symbolLength(geometry: Geometry, symbol: number): number {
  return Math.min(geometry.symbolBytes, geometry.sizeBytes - symbol * geometry.symbolBytes);
}

/** Position of the first byte of a block in the object; `blockLength` says how many bytes it has. */
export function blockOffset(geometry: Geometry, block: number): number {
  return firstSymbolOf(geometry, block) * geometry.symbolBytes;
}

export function blockLength(geometry: Geometry, block: number): number {
  const end = Math.min(geometry.sizeBytes, firstSymbolOf(geometry, block + 1) * geometry.symbolBytes);
  return end - blockOffset(geometry, block);
}
