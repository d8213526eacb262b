// The kernel: runs a program (../program.ts) in this module's memory. AssemblyScript.
//
// The kernel takes symbols in strips of 64 bytes and runs the whole program for one strip before the next. A working row holds
// one strip, so that the working rows lie close together: those of a block of 8192 symbols are half a megabyte and stay in the
// second-level cache, where whole symbols would go to memory and back. (Strips of 128 bytes were 0 to 30 % slower.) Within a
// strip, an instruction keeps its result in registers until the last operand.
//
// A program that solves a block reads most symbols, each of them from a page of its own, in an order that no processor foresees. So `solve`
// first copies the strip of all symbols behind the working rows, and afterwards copies back those that were written: 22 ms for a block of
// 16,384 symbols of 1184 bytes instead of 47. A program that makes a few symbols reads only some of them, where they are (`run`).
//
// The type `V` gives the width of a strip: as many vectors of 16 bytes as V has bytes. It is signed if rows may be negative. The compiler decides
// branches on V.

const SUM: u32 = 0;
const COMBINE: u32 = 1;

/** For each coefficient c of GF(256), 32 bytes: c times 0 to 15, then c times 0, 16, … 240. */
const PRODUCTS: usize = 0;
/** The inverse of each element. */
const INVERSES: usize = 256 * 32;

/**
 * @param program address of the first word
 * @param programEnd address after the last
 * @param work address of working row 0; they are 64 bytes each
 * @param table address of symbol 0
 * @param stride bytes from symbol to symbol, a multiple of 32; the program runs over all of them
 */
export function run(program: usize, programEnd: usize, work: usize, table: usize, stride: usize): void {
  let strip: usize = 0;
  for (; strip + 64 <= stride; strip += 64) runStrip<i32>(program, programEnd, work, table + strip, stride);
  if (strip < stride) runStrip<i16>(program, programEnd, work, table + strip, stride);
}

/**
 * Prepares a program for `solve`: symbol ~row becomes working row `workRowCount` + ~row.
 *
 * @param written address of a byte for each symbol, which becomes 1 if the program writes the symbol, otherwise 0
 */
export function prepare(
  program: usize,
  programEnd: usize,
  workRowCount: i32,
  written: usize,
  symbolRowCount: usize,
): void {
  memory.fill(written, 0, symbolRowCount);
  let at = program;
  while (at < programEnd) {
    const head = load<u32>(at);
    const opcode = head & 3;
    const target = load<i32>(at, 4);
    if (target < 0) store<u8>(written + <usize>~target, 1);
    const isCombine = opcode === COMBINE;
    const end = at + 8 + (isCombine ? (head & ~3) << 1 : head & ~3);
    let word = at + 4;
    const step: usize = isCombine ? 8 : 4;
    rename(word, workRowCount);
    // The operands of CHECKS are no single rows.
    if (opcode <= COMBINE) for (word = at + 8; word < end; word += step) rename(word, workRowCount);
    at = end;
  }
}

function rename(word: usize, workRowCount: i32): void {
  const row = load<i32>(word);
  store<i32>(word, select<i32>(workRowCount + ~row, row, row < 0));
}

/**
 * As `run`, for a program that `prepare` has prepared; the strips of the symbols follow the working rows.
 *
 * @param copies address behind the last working row
 * @param symbolRowCount number of symbols
 * @param written as `prepare` has filled it
 */
export function solve(
  program: usize,
  programEnd: usize,
  work: usize,
  table: usize,
  stride: usize,
  copies: usize,
  symbolRowCount: usize,
  written: usize,
): void {
  let strip: usize = 0;
  for (; strip + 64 <= stride; strip += 64) {
    gather<u32>(table + strip, stride, copies, symbolRowCount);
    runStrip<u32>(program, programEnd, work, copies, 64);
    scatter<u32>(table + strip, stride, copies, symbolRowCount, written);
  }
  if (strip === stride) return;
  gather<u16>(table + strip, stride, copies, symbolRowCount);
  runStrip<u16>(program, programEnd, work, copies, 64);
  scatter<u16>(table + strip, stride, copies, symbolRowCount, written);
}

function gather<V>(from: usize, stride: usize, to: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++) {
    copyStrip<V>(from, to);
    from += stride;
    to += 64;
  }
}

function scatter<V>(to: usize, stride: usize, from: usize, count: usize, written: usize): void {
  for (let i: usize = 0; i < count; i++) {
    if (load<u8>(written + i) !== 0) copyStrip<V>(from, to);
    to += stride;
    from += 64;
  }
}

function copyStrip<V>(from: usize, to: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
  if (sizeof<V>() >= 4) {
    v128.store(to, v128.load(from, 32), 32);
    v128.store(to, v128.load(from, 48), 48);
  }
}

/**
 * Gauss-Jordan elimination over GF(256): makes the first `columnCount` columns a unit matrix in the first rows.
 *
 * @param width bytes from row to row, a multiple of 16
 * @returns false if these columns depend on each other
 */
export function eliminate(matrix: usize, rowCount: usize, width: usize, columnCount: usize): bool {
  for (let column: usize = 0; column < columnCount; column++) {
    let pivot = column;
    while (pivot < rowCount && load<u8>(matrix + pivot * width + column) === 0) pivot++;
    if (pivot >= rowCount) return false;
    const target = matrix + column * width;
    swapScaled(target, matrix + pivot * width, width, load<u8>(INVERSES + load<u8>(matrix + pivot * width + column)));
    for (let row: usize = 0; row < rowCount; row++) {
      const factor = load<u8>(matrix + row * width + column);
      if (row !== column && factor !== 0) addScaled(matrix + row * width, target, width, factor);
    }
  }
  return true;
}

/** Exchanges two rows; the one that goes to `target` is multiplied by `scale`. */
function swapScaled(target: usize, pivot: usize, width: usize, scale: u8): void {
  const low = v128.load(PRODUCTS + ((<usize>scale) << 5));
  const high = v128.load(PRODUCTS + ((<usize>scale) << 5), 16);
  for (let i: usize = 0; i < width; i += 16) {
    const scaled = product(v128.load(pivot + i), low, high);
    v128.store(pivot + i, v128.load(target + i));
    v128.store(target + i, scaled);
  }
}

function addScaled(target: usize, source: usize, width: usize, factor: u8): void {
  const low = v128.load(PRODUCTS + ((<usize>factor) << 5));
  const high = v128.load(PRODUCTS + ((<usize>factor) << 5), 16);
  for (let i: usize = 0; i < width; i += 16) {
    v128.store(target + i, v128.xor(v128.load(target + i), product(v128.load(source + i), low, high)));
  }
}

function runStrip<V>(program: usize, programEnd: usize, work: usize, table: usize, stride: usize): void {
  let at = program;
  while (at < programEnd) {
    const head = load<u32>(at);
    const opcode = head & 3;
    const target = addressOf<V>(load<i32>(at, 4), work, table, stride);
    const first = at + 8;
    if (opcode === SUM) {
      at = first + (head & ~3);
      sum<V>(first, at, target, work, table, stride);
    } else if (opcode === COMBINE) {
      at = first + ((head & ~3) << 1);
      combine<V>(first, at, target, work, table, stride);
    } else {
      at = first + (head & ~3);
      checks<V>(first, at, target, work);
    }
  }
}

/** Address of the strip of working row `row`, or of symbol ~row if `row` is negative, which only programs for `run` have. */
function addressOf<V>(row: i32, work: usize, table: usize, stride: usize): usize {
  if (!isSigned<V>()) return work + ((<usize>row) << 6);
  return select<usize>(table + <usize>~row * stride, work + ((<usize>row) << 6), row < 0);
}

function sum<V>(first: usize, end: usize, target: usize, work: usize, table: usize, stride: usize): void {
  let s0 = i64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let at = first; at < end; at += 4) {
    const row = addressOf<V>(load<i32>(at), work, table, stride);
    s0 = v128.xor(s0, v128.load(row));
    s1 = v128.xor(s1, v128.load(row, 16));
    if (sizeof<V>() >= 4) {
      s2 = v128.xor(s2, v128.load(row, 32));
      s3 = v128.xor(s3, v128.load(row, 48));
    }
  }
  v128.store(target, s0);
  v128.store(target, s1, 16);
  if (sizeof<V>() >= 4) {
    v128.store(target, s2, 32);
    v128.store(target, s3, 48);
  }
}

function combine<V>(first: usize, end: usize, target: usize, work: usize, table: usize, stride: usize): void {
  let s0 = i64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let at = first; at < end; at += 8) {
    const row = addressOf<V>(load<i32>(at), work, table, stride);
    const products = PRODUCTS + ((<usize>load<u32>(at, 4)) << 5);
    const low = v128.load(products);
    const high = v128.load(products, 16);
    s0 = v128.xor(s0, product(v128.load(row), low, high));
    s1 = v128.xor(s1, product(v128.load(row, 16), low, high));
    if (sizeof<V>() >= 4) {
      s2 = v128.xor(s2, product(v128.load(row, 32), low, high));
      s3 = v128.xor(s3, product(v128.load(row, 48), low, high));
    }
  }
  v128.store(target, s0);
  v128.store(target, s1, 16);
  if (sizeof<V>() >= 4) {
    v128.store(target, s2, 32);
    v128.store(target, s3, 48);
  }
}

/** Sixteen products at once: each half of a byte selects from a table of sixteen. */
function product(value: v128, low: v128, high: v128): v128 {
  return v128.xor(i8x16.swizzle(low, v128.and(value, i8x16.splat(15))), i8x16.swizzle(high, i8x16.shr_u(value, 4)));
}

/** Horner's rule along the working rows, 32 bytes at a time; the running value stays in registers. */
function checks<V>(first: usize, end: usize, target: usize, work: usize): void {
  for (let part: usize = 0; part < <usize>sizeof<V>() * 16; part += 32) {
    let s0 = i64x2.splat(0);
    let s1 = s0;
    let row = work + part;
    const sums = target + part + 64;
    for (let at = first; at < end; at += 4) {
      s0 = v128.xor(doubled(s0), v128.load(row));
      s1 = v128.xor(doubled(s1), v128.load(row, 16));
      row += 64;
      const pair = load<u32>(at);
      const a = sums + ((<usize>(pair & 0xffff)) << 6);
      const b = sums + ((<usize>(pair >> 16)) << 6);
      v128.store(a, v128.xor(v128.load(a), s0));
      v128.store(a, v128.xor(v128.load(a, 16), s1), 16);
      v128.store(b, v128.xor(v128.load(b), s0));
      v128.store(b, v128.xor(v128.load(b, 16), s1), 16);
    }
    v128.store(target + part, v128.xor(doubled(s0), v128.load(row)));
    v128.store(target + part, v128.xor(doubled(s1), v128.load(row, 16)), 16);
  }
}

/** Times 2 in GF(256): a bit that is shifted out comes back as x^4 + x^3 + x^2 + 1. */
function doubled(value: v128): v128 {
  const overflow = i8x16.lt_s(value, i64x2.splat(0));
  return v128.xor(i8x16.add(value, value), v128.and(overflow, i8x16.splat(0x1d)));
}
