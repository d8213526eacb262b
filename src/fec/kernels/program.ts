/**
 * A list of instructions for symbols, in 32-bit words, that a kernel runs (assembly/index.ts). There are two kinds
 * of rows: symbols i = 0, 1, …, the input and output, written `~i` (`symbolRow`), and working rows, written 0, 1, ….
 * An instruction is a head (operand count × 4 + opcode), the row that it writes, and its operands:
 *
 * - SUM: the row written is the sum of the operands, which are rows. It may be one of them. Without operands it is zero.
 * - COMBINE: the operands are pairs of row and coefficient; the row written is the sum of the products in GF(256).
 * - CHECKS: row t is written. The operands are `first row | second row << 16`, counted from t + 1; all are working rows. For
 *   j = 0, 1, …: s ← 2·s + row j, and s is added to both rows of operand j. After the last operand there is one more step, whose
 *   s is added to no row and becomes row t.
 */
export type Program = Int32Array<ArrayBuffer>;

/** A program, and how many rows of each kind it names. */
export interface Plan {
  readonly program: Program;
  readonly symbolRowCount: number;
  readonly workRowCount: number;
}

export const SUM = 0;
export const COMBINE = 1;
export const CHECKS = 2;

/** How a program names a symbol. */
export function symbolRow(index: number): number {
  return ~index;
}

/** Writes programs of sums. Other programs are made by the planner (../solve/assembly). */
export class ProgramBuilder {
  private words = new Int32Array(1024);
  private end = 0;
  private head = 0;

  /** Starts a SUM that writes `row`; operands follow. */
  begin(row: number): void {
    this.reserve(2);
    this.head = this.end;
    this.words[this.end++] = SUM;
    this.words[this.end++] = row;
  }

  /** An operand of the sum that was begun last. */
  add(row: number): void {
    if (this.end === this.words.length) this.reserve(1);
    this.words[this.end++] = row;
    this.words[this.head]! += 4;
  }

  /** Forgets all instructions. */
  clear(): void {
    this.end = 0;
  }

  /** The program so far; valid until the builder is used again. */
  view(): Program {
    return this.words.subarray(0, this.end);
  }

  private reserve(count: number): void {
    if (this.end + count <= this.words.length) return;
    const larger = new Int32Array(2 * this.words.length);
    larger.set(this.words.subarray(0, this.end));
    this.words = larger;
  }
}
