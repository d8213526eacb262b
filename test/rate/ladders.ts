import fc from 'fast-check';
import type { Ladder } from '../../dist/rate/ladder/step-plan.js';

/** From 16 kbit/s to 200 Mbit/s, as likely in each decade. */
const anyRate = fc.double({ min: Math.log(16e3), max: Math.log(200e6), noNaN: true }).map((log) => Math.exp(log));

/** Whatever a user may write: 1 to 32 channels in any order of rates, small symbols and jumbo frames. */
export const anyLadder: fc.Arbitrary<Ladder> = fc.record({
  rates: fc.array(anyRate, { minLength: 1, maxLength: 32 }),
  mode: fc.constantFrom('several', 'best'),
  symbolBytes: fc.integer({ min: 16, max: 8900 }),
});
