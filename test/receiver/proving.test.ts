import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../dist/receiver/assemble/object-store.js';
import { FaultCounters } from '../../dist/receiver/counters.js';
import { Proving } from '../../dist/receiver/proving.js';
import { Reception } from '../../dist/receiver/reception.js';
import { Bed } from '../transfer/bed.js';
import { batchOf, codedDatagram } from './datagrams.js';

const BLOCKS = 2;
const BLOCK_SYMBOLS = 8;

describe('proving', () => {
  it('finds a coded object whole though its last two blocks are proven in one turn', async () => {
    const bed = new Bed('proving');
    const object = bed.object(BLOCKS * BLOCK_SYMBOLS, { code: 'raptorq', blockSymbols: BLOCK_SYMBOLS });
    const { descriptor, blockDigests } = object;
    const disk = await bed.disk().openStore(descriptor);
    const never = () => Promise.reject(new Error('no symbol is missing'));
    const store: ObjectStore = {
      ...{ holdings: disk.holdings, verifiedBlocks: disk.verifiedBlocks, restoresAtOnce: 2 },
      writeSymbol: (...symbol) => disk.writeSymbol(...symbol),
      read: (place, into) => disk.read(place, into),
      // Bytes that came in order were hashed on their way.
      hashBlock: async (block) => blockDigests.subarray(32 * block, 32 * (block + 1)),
      acceptBlock: () => undefined,
      ...{ restoreBlock: never, rejectPlaces: never, checkpoint: never, commit: never, close: never, discard: never },
    };
    const { assembler, ...reception } = receptionOf(store);
    let wholeCount = 0;
    const failures: unknown[] = [];
    const proving = new Proving({
      ...{ descriptor, assembler, store },
      onWhole: () => wholeCount++,
      onError: (error) => failures.push(error),
      ...{ onNeed: failed, onRejected: failed, onLeft: failed, onWarning: failed },
    });
    reception.feed();
    assembler.addAllDigests(blockDigests);
    proving.work();
    await new Promise(setImmediate);
    expect([wholeCount, proving.isWhole, failures]).toEqual([1, true, []]);

    function receptionOf(of: ObjectStore) {
      const made = new Reception(descriptor, of, new FaultCounters(), () => undefined);
      const feed = () => {
        for (let block = 0; block < BLOCKS; block++) {
          for (let esi = 0; esi < BLOCK_SYMBOLS; esi++) made.handle(0, batchOf(codedDatagram(object, block, esi)));
        }
      };
      return { assembler: made.assembler, feed };
    }

    function failed(): void {
      failures.push('a block was found wrong');
    }
  });
});
