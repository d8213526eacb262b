import { createHash } from 'node:crypto';
import { MAX_ESI } from '../../../dist/base/limits.js';
import { blockCode } from '../../../dist/fec/code.js';
import type { Plan } from '../../../dist/fec/kernels/program.js';
import { planDecoding } from '../../../dist/fec/solve/decoding-plan.js';
import { encodingPlan } from '../../../dist/fec/solve/encoding-plan.js';
import { pick, randomFrom } from '../samples.js';

/** Random sets of symbols of blocks of one size, and what the planner makes of them. */
export interface Sets {
  readonly sourceCount: number;
  /** Share of the source symbols that are missing. */
  readonly lossRatio: number;
  /** Symbols beyond K: the sets have K, K + 1, … in turn up to so many. */
  readonly mostExtra: number;
  readonly setCount: number;
}

/** SHA-256 of all plans, and how many sets do not determine the block. */
export function digestOfDecodings({ sourceCount, lossRatio, mostExtra, setCount }: Sets): string {
  const random = randomFrom(sourceCount);
  const hash = createHash('sha256');
  let unsolved = 0;
  for (let set = 0; set < setCount; set++) {
    const extra = set % (mostExtra + 1);
    const esis = Int32Array.from({ length: sourceCount + mostExtra }, (_, row) => (row < sourceCount ? row : -1));
    const lost = pick(Math.ceil(lossRatio * sourceCount), sourceCount, random);
    const repair = pick(lost.length + extra, MAX_ESI - sourceCount, random);
    for (let i = 0; i < repair.length; i++) esis[lost[i] ?? sourceCount + i - lost.length] = sourceCount + repair[i]!;
    const plan = planDecoding(blockCode(sourceCount), esis);
    if (plan === undefined) unsolved++;
    hash.update(plan === undefined ? 'unsolved' : bytesOf(plan));
  }
  return `${hash.digest('hex').slice(0, 16)}, ${unsolved} unsolved`;
}

/** SHA-256 of the plan that encodes a block. */
export function digestOfEncoding(sourceCount: number): string {
  return createHash('sha256')
    .update(bytesOf(encodingPlan(blockCode(sourceCount))))
    .digest('hex')
    .slice(0, 16);
}

function bytesOf({ program, symbolRowCount, workRowCount }: Plan): Uint8Array {
  const words = new Int32Array(2 + program.length);
  words.set([symbolRowCount, workRowCount]);
  words.set(program, 2);
  return new Uint8Array(words.buffer);
}
