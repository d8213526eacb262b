// Writes programs for the kernel: what their words mean is in ../../kernels/program.ts.

export const SUM: u32 = 0;
export const COMBINE: u32 = 1;
const CHECKS: u32 = 2;

/** By how much a program grows that has no room left. */
const GROWTH_BYTES: i32 = 0x10000;

/** How a program names a symbol. */
export function symbolRow(index: i32): i32 {
  return ~index;
}

/** A program in the making. Made after all tables of its plan: what is last in memory grows where it lies. */
export class ProgramBuilder {
  private start: usize = heap.alloc(GROWTH_BYTES);
  private roomBytes: i32 = GROWTH_BYTES;
  /** Offset of the instruction that was begun last. */
  private head: i32 = 0;
  private endBytes: i32 = 0;

  /** Address of the first word. It changes when the program grows. */
  get address(): usize {
    return this.start;
  }

  /** Words so far. */
  get length(): i32 {
    return this.endBytes >> 2;
  }

  /** Starts an instruction that writes `row`; operands follow. */
  begin(opcode: u32, row: i32): void {
    this.reserve(2);
    const head = this.start + this.endBytes;
    store<u32>(head, opcode);
    store<i32>(head, row, 4);
    this.head = this.endBytes;
    this.endBytes += 8;
  }

  /** An operand of SUM. */
  add(row: i32): void {
    this.reserve(1);
    store<i32>(this.start + this.endBytes, row);
    this.endBytes += 4;
    this.count(1);
  }

  /** Operands of SUM: `count` rows of 16 bits each from an address on. */
  addAll(rows: usize, count: i32): void {
    this.reserve(count);
    const to = this.start + this.endBytes;
    for (let i: usize = 0; i < <usize>count; i++) store<u32>(to + (i << 2), load<u16>(rows + (i << 1)));
    this.endBytes += count << 2;
    this.count(count);
  }

  /** An operand of COMBINE. */
  addScaled(row: i32, coefficient: u8): void {
    this.reserve(2);
    const at = this.start + this.endBytes;
    store<i32>(at, row);
    store<u32>(at, coefficient, 4);
    this.endBytes += 8;
    this.count(1);
  }

  /** The whole of CHECKS. */
  checks(row: i32, operands: StaticArray<u32>): void {
    this.begin(CHECKS, row);
    this.append(changetype<usize>(operands), operands.length);
    this.count(operands.length);
  }

  /** Words from an address on, which is not in this program. */
  append(words: usize, count: i32): void {
    this.reserve(count);
    memory.copy(this.start + this.endBytes, words, (<usize>count) << 2);
    this.endBytes += count << 2;
  }

  /** Writes words `from` to `to - 1` of this program once more. */
  repeat(from: i32, to: i32): void {
    this.reserve(to - from);
    memory.copy(this.start + this.endBytes, this.start + ((<usize>from) << 2), (<usize>(to - from)) << 2);
    this.endBytes += (to - from) << 2;
  }

  /** Forgets the instructions from word `end` on, which begins one. */
  truncate(end: i32): void {
    this.endBytes = end << 2;
  }

  /** Counts operands of the instruction that was begun last. */
  private count(operands: i32): void {
    const head = this.start + this.head;
    store<u32>(head, load<u32>(head) + (operands << 2));
  }

  private reserve(words: i32): void {
    const neededBytes = this.endBytes + (words << 2);
    if (neededBytes > this.roomBytes) this.grow(neededBytes);
  }

  private grow(neededBytes: i32): void {
    this.roomBytes = neededBytes + GROWTH_BYTES;
    this.start = heap.realloc(this.start, this.roomBytes);
  }
}
