import { CHECKS, COMBINE, type Program, SUM } from '../../dist/fec/kernels/program.js';

/** Writes programs with all kinds of instructions. */
export class ProgramWriter {
  readonly #words: number[] = [];
  #head = 0;

  /** Operands follow. */
  sum(row: number): void {
    this.#begin(SUM, row);
  }

  /** Terms follow. */
  combine(row: number): void {
    this.#begin(COMBINE, row);
  }

  checks(row: number, operands: readonly number[]): void {
    this.#begin(CHECKS, row);
    for (const operand of operands) this.operand(operand);
  }

  operand(row: number): void {
    this.#words.push(row);
    this.#words[this.#head]! += 4;
  }

  term(row: number, coefficient: number): void {
    this.operand(row);
    this.#words.push(coefficient);
  }

  program(): Program {
    return Int32Array.from(this.#words);
  }

  #begin(opcode: number, row: number): void {
    this.#head = this.#words.length;
    this.#words.push(opcode, row);
  }
}
