import { inverse, multiply } from './gf256.js';

/**
 * Gauss-Jordan elimination over GF(256) in the given memory: the first `columnCount` columns become a unit matrix in the first
 * rows.
 *
 * @param matrix rows of `widthBytes`, one element a byte
 * @returns false if these columns depend on each other; the matrix is then useless
 */
export function eliminate(matrix: Uint8Array, widthBytes: number, columnCount: number): boolean {
  const rowCount = matrix.length / widthBytes;
  for (let column = 0; column < columnCount; column++) {
    let pivot = column;
    while (pivot < rowCount && matrix[pivot * widthBytes + column] === 0) pivot++;
    if (pivot >= rowCount) return false;
    const scale = inverse(matrix[pivot * widthBytes + column]!);
    for (let j = 0; j < widthBytes; j++) {
      const value = multiply(matrix[pivot * widthBytes + j]!, scale);
      matrix[pivot * widthBytes + j] = matrix[column * widthBytes + j]!;
      matrix[column * widthBytes + j] = value;
    }
    for (let row = 0; row < rowCount; row++) {
      const factor = matrix[row * widthBytes + column]!;
      if (row === column || factor === 0) continue;
      for (let j = 0; j < widthBytes; j++) {
        matrix[row * widthBytes + j]! ^= multiply(matrix[column * widthBytes + j]!, factor);
      }
    }
  }
  return true;
}
