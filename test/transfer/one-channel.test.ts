import { describe, expect, it } from 'vitest';
import { seeded } from '../simulate/seed.js';
import { Bed, expectSafe, SYMBOL_BYTES } from './bed.js';

describe('one channel without loss', () => {
  it.each([0, 1, SYMBOL_BYTES, SYMBOL_BYTES + 1, 40 * SYMBOL_BYTES, 1000 * SYMBOL_BYTES - 1])(
    seeded('brings an object of %d bytes in one pass'),
    async (sizeBytes) => {
      const bed = new Bed(`size ${sizeBytes}`);
      const object = bed.object(0, { content: bed.bytes(sizeBytes) });
      await bed.server().publish(object);
      const receiver = bed.receiver();
      const symbolCount = Math.ceil(sizeBytes / SYMBOL_BYTES);
      // An announcement a second; records take 1 datagram in 33.
      const complete = await bed.completion(receiver, 1.01 + symbolCount / 100 / 0.96);
      expectSafe(receiver, object, complete);
      expect(complete.lostDatagrams).toBe(0);
      expect(complete.invalidDatagrams).toBe(0);
    },
  );
});
