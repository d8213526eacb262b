// What the planner calls outside WebAssembly.

/**
 * Gauss-Jordan elimination over GF(256) (../../kernels/elimination.ts): makes the first `columnCount` columns a unit matrix in the first rows.
 *
 * @param matrix address; rows of `widthBytes`, one element a byte
 * @returns false if these columns depend on each other
 */
export declare function eliminate(matrix: usize, rowCount: i32, widthBytes: i32, columnCount: i32): bool;
