import { ProgramBuilder } from '../kernels/program.js';

const shared = new ProgramBuilder();
let count = 0;

/**
 * The builder of this thread for plans, without instructions. A program of 16,384 symbols has 2 to 3 MB, and a builder that grows leaves
 * three times as much behind; so there is one. A program that outlives the next plan has to be copied (`ProgramBuilder.build`).
 */
export function planBuilder(): ProgramBuilder {
  shared.clear();
  count++;
  return shared;
}

/** How often a plan was begun: a plan is valid as long as this number does not change. */
export function planCount(): number {
  return count;
}
