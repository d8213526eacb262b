import { describe, expect, it } from 'vitest';
import { seed, seeded } from '../simulate/seed.js';
import { fuzzCoap } from './fuzzed-coap.js';
import { fuzz } from './fuzzed-fleet.js';

describe('changed datagrams of every type, eight for each genuine one', () => {
  // npm run bench -- fuzz sends ten million.
  it.each(['raptorq', 'none'] as const)(
    seeded('crash no receiver, bring no wrong byte, and leave a receiver that is done soon after, with code %s'),
    async (code) => {
      const { datagrams, completed, invalid } = await fuzz(`${seed}/fuzz ${code}`, 10_000, code);
      expect([datagrams, completed]).toEqual([10_000, expect.any(Number)]);
      // All layers were reached.
      for (const reason of ['foreign', 'truncated', 'contradiction', 'digests', 'run', 'record', 'signature']) {
        expect(invalid, reason).toHaveProperty(reason);
      }
    },
  );
});

it(seeded('changed messages of CoAP pass no bound of a server, and its file is served after them'), async () => {
  const { messages, counts, taken } = await fuzzCoap(`${seed}/fuzz`, 3_000);
  expect(messages).toBe(3_000);
  // All layers were reached.
  expect(taken).toBeGreaterThan(0);
  for (const kind of ['damaged', 'duplicate', 'retransmitted', 'stray'] as const)
    expect(counts[kind], kind).toBeGreaterThan(0);
});
