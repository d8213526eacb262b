import { describe, expect, it } from 'vitest';
import type { SimulatedObject } from '../../dist/simulate/index.js';
import { codedDatagram } from '../receiver/datagrams.js';
import { seeded } from '../simulate/seed.js';
import { attack, dataGroupOf } from './attack.js';
import { Bed, expectSafe, passSeconds, SYMBOL_BYTES } from './bed.js';

const SERVER = 'fd00:5::1';

/** Genuine in everything but the payload: right tag, an ESI that a server might send, as long as it should be. */
function forgerOf(bed: Bed, object: SimulatedObject) {
  const prng = bed.network.prng.fork('forger');
  return () => {
    const esi = prng.below(8 * 1000);
    const payload = prng.fill(new Uint8Array(object.descriptor.symbolBytes));
    return codedDatagram(object, prng.below(object.descriptor.blockCount), esi, { payload, sequence: prng.next() });
  };
}

describe('somebody without the key, among coded symbols', () => {
  it.each([1000, 250])(
    seeded(
      'who forges a tenth of all symbols from an address of his own costs only the time of the rejected symbols; blocks of %d',
    ),
    async (blockSymbols) => {
      const bed = new Bed(`coded forged ${blockSymbols}`);
      const object = bed.object(1000, { code: 'raptorq', blockSymbols, isSigned: true });
      await bed.server().publish(object);
      // Repairs, so that forged symbols are guests among guests.
      await bed.pass(90);
      attack(bed, dataGroupOf(object), 90_000, forgerOf(bed, object));
      const receiver = bed.receiver();
      // A tenth of the places held his symbols. They are received again as soon as a checkpoint has freed the places; that takes
      // half a second at most, in which blocks that are wrong at the same time wait together.
      const complete = await bed.completion(receiver, 1.01 + 1.25 * passSeconds(1000) + 1);
      expectSafe(receiver, object, complete);
      expect(complete.rejectedBlocks).toBeGreaterThan(0);
    },
  );

  it(
    seeded('who forges a tenth of all symbols keeps a fleet without server keys from finishing only while he sends'),
    async () => {
      const bed = new Bed('coded forged as server');
      const object = bed.object(1000, { code: 'raptorq', blockSymbols: 500 });
      await bed.server().publish(object);
      const attacker = attack(bed, dataGroupOf(object), 90_000, forgerOf(bed, object), SERVER);
      const receiver = bed.receiver();
      await bed.pass(40);
      expect(receiver.disk.completed).toBeUndefined();
      expect(receiver.disk.violations).toEqual([]);
      attacker.die();
      // Blocks that were poisoned when he fell silent are rejected once more.
      const complete = await bed.completion(receiver, 2.2 * passSeconds(1000) + 1);
      expectSafe(receiver, object, complete);
      expect(complete.rejectedBlocks).toBeGreaterThan(2);
    },
  );

  it(seeded('whose symbols an earlier run left on disk does not spoil the block for ever'), async () => {
    const bed = new Bed('coded forged on disk');
    const object = bed.object(1000, { code: 'raptorq', blockSymbols: 1000 });
    await bed.server().publish(object);
    const attacker = attack(bed, dataGroupOf(object), 90_000, forgerOf(bed, object));
    const disk = bed.disk();
    const before = bed.receiver({ disk });
    await bed.pass(7);
    before.die();
    attacker.die();
    expect(disk.journalledBytes).toBeGreaterThan(500 * SYMBOL_BYTES);
    const receiver = bed.receiver({ name: 'again', disk });
    // The sources of symbols on disk are not known, so the whole block is received again.
    const complete = await bed.completion(receiver, 1.01 + 1.5 * passSeconds(1000) + 1);
    expectSafe(receiver, object, complete);
    expect(complete.rejectedBlocks).toBe(1);
  });

  it(seeded('who fills most of a block and falls silent does not prevent others from filling it'), async () => {
    const bed = new Bed('coded majority');
    const object = bed.object(1000, { code: 'raptorq', blockSymbols: 1000 });
    await bed.server().publish(object);
    // Three for each symbol of the server, until the block is full.
    const attacker = attack(bed, dataGroupOf(object), 3333, forgerOf(bed, object));
    const receiver = bed.receiver();
    let rejectedCount = 0;
    receiver.on('warning', ({ code }) => {
      if (code === 'REJECTED_BLOCK') rejectedCount++;
    });
    while (rejectedCount === 0 && bed.nowS < 10) await bed.pass(0.05);
    attacker.die();
    // The forger goes on for a while. Then the server's symbols in the block stay, and the rest arrives.
    const complete = await bed.completion(receiver, 2 * passSeconds(1000));
    expectSafe(receiver, object, complete);
  });

  it(seeded('who sends ESIs from their whole range does not keep genuine symbols out'), async () => {
    const bed = new Bed('coded scattered');
    const object = bed.object(1000, { code: 'raptorq', blockSymbols: 1000, isSigned: true });
    await bed.server().publish(object);
    const prng = bed.network.prng.fork('scattered');
    attack(bed, dataGroupOf(object), 20_000, () => {
      const payload = prng.fill(new Uint8Array(object.descriptor.symbolBytes));
      return codedDatagram(object, 0, prng.below(2 ** 24), { payload, sequence: prng.next() });
    });
    const receiver = bed.receiver();
    const complete = await bed.completion(receiver, 1.01 + 2 * passSeconds(1000));
    expectSafe(receiver, object, complete);
    expect(complete.invalid.outOfRange).toBeUndefined();
  });

  it(seeded('who sends symbols of a wrong length or of blocks that do not exist is counted'), async () => {
    const bed = new Bed('coded misshapen');
    const object = bed.object(0, { content: bed.bytes(299 * 1154 + 7), code: 'raptorq', blockSymbols: 100 });
    await bed.server().publish(object);
    const { symbolBytes, blockCount } = object.descriptor;
    const prng = bed.network.prng.fork('misshapen');
    const makers = [
      () => codedDatagram(object, blockCount - 1, 99, { payload: new Uint8Array(symbolBytes) }),
      () => codedDatagram(object, 0, 400, { payload: new Uint8Array(7) }),
      () => codedDatagram(object, 0, 400, { payload: new Uint8Array(symbolBytes + 1) }),
      () => codedDatagram(object, blockCount + prng.below(9), 400, { payload: new Uint8Array(symbolBytes) }),
    ];
    for (const [i, make] of makers.entries()) attack(bed, dataGroupOf(object), 40_000 + i, make, SERVER);
    const receiver = bed.receiver();
    // Seven runs of 16 for each block.
    const complete = await bed.completion(receiver, 1.01 + passSeconds(3 * 112));
    expectSafe(receiver, object, complete);
    expect(complete.rejectedBlocks).toBe(0);
    expect(complete.invalid.outOfRange).toBeGreaterThan(100);
  });
});
