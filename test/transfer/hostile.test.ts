import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import type { SimulatedObject } from '../../dist/simulate/index.js';
import { FRAGMENT_BYTES, recordDatagrams } from '../../dist/wire/fragments.js';
import { ANNOUNCEMENT_CHANNEL, DatagramType, newHeader, writeHeader } from '../../dist/wire/header.js';
import { datagramsOf } from '../receiver/datagrams.js';
import { seeded } from '../simulate/seed.js';
import { attack, dataGroupOf } from './attack.js';
import { Bed, expectSafe, MEGABIT, newBytesOf, passSeconds, SYMBOL_BYTES } from './bed.js';

/** The address of the only server, which a forger can give for his own. */
const SERVER = 'fd00:5::1';

/** Genuine in everything but the payload: right tag, a symbol of the object, as long as it should be. */
function forgerOf(bed: Bed, object: SimulatedObject) {
  const { symbols } = datagramsOf(object);
  const prng = bed.network.prng.fork('forger');
  return () => {
    const forged = symbols[prng.below(symbols.length)]!.slice();
    prng.fill(forged.subarray(HEADER_BYTES));
    prng.fill(forged.subarray(16, 24));
    return forged;
  };
}

describe('somebody without the key', () => {
  it(seeded('who forges a tenth of all symbols from an address of his own does not cost two passes'), async () => {
    const bed = new Bed('forged elsewhere');
    const object = bed.object(600, { blockSymbols: 100, isSigned: true });
    await bed.server().publish(object);
    attack(bed, dataGroupOf(object), 90_000, forgerOf(bed, object));
    const receiver = bed.receiver();
    const warnings: string[] = [];
    receiver.on('warning', ({ code }) => warnings.push(code));
    // What the forger's symbols kept out until he was noticed comes with the second pass.
    const complete = await bed.completion(receiver, 1.01 + 2 * passSeconds(600));
    expectSafe(receiver, object, complete);
    expect(warnings).toContain('FORGED');
  });

  it.each([
    { ratio: 0.1, passes: 2.1 },
    { ratio: 1, passes: 2.1 },
  ])(seeded('who forges $ratio of all symbols on all channels costs one more pass at most'), async (plan) => {
    const bed = new Bed(`forged ladder ${plan.ratio}`);
    const channels = [1, 1, 2].map((megabits) => ({ rateBitsPerSecond: megabits * MEGABIT }));
    const object = bed.object(1600, { blockSymbols: 800, channels, isSigned: true });
    await bed.server().publish(object);
    for (const [channel, intervalUs] of [10_000, 10_000, 5000].entries()) {
      const forge = forgerOf(bed, object);
      attack(bed, dataGroupOf(object, channel), intervalUs / plan.ratio, () => {
        const forged = forge();
        forged[5] = channel;
        return forged;
      });
    }
    const receiver = bed.receiver();
    const complete = await bed.completion(receiver, 1.01 + plan.passes * passSeconds(1600));
    expectSafe(receiver, object, complete);
  });

  it(seeded('who forges a tenth of all symbols in a server’s name changes no byte of the result'), async () => {
    const bed = new Bed('forged symbols');
    // A block of k symbols survives a pass with probability e^(-k/9): small blocks, or the transfer would not end.
    const object = bed.object(300, { blockSymbols: 4 });
    await bed.server().publish(object);
    attack(bed, dataGroupOf(object), 90_000, forgerOf(bed, object), SERVER);
    const receiver = bed.receiver();
    // 75 blocks, each rejected in a pass with p = 1 - e^(-4/9) = 0.36: ln(75 · 10,000) / -ln(0.36) = 14 passes.
    const complete = await bed.completion(receiver, 15 * passSeconds(300));
    expectSafe(receiver, object, complete);
    expect(complete.rejectedBlocks).toBeGreaterThan(0);
  });

  it(seeded('cannot have a wrong byte accepted in large blocks either, and verified blocks stay'), async () => {
    const bed = new Bed('forged large');
    const object = bed.object(600, { blockSymbols: 100 });
    await bed.server().publish(object);
    const attacker = attack(bed, dataGroupOf(object), 90_000, forgerOf(bed, object), SERVER);
    const receiver = bed.receiver();
    let verifiedBytes = 0;
    receiver.on('progress', (progress) => {
      expect(progress.verifiedBytes).toBeGreaterThanOrEqual(verifiedBytes);
      verifiedBytes = progress.verifiedBytes;
    });
    await bed.pass(20);
    expect(receiver.disk.completed).toBeUndefined();
    attacker.die();
    // Blocks that were poisoned when the forger fell silent are rejected once more; then one pass completes them.
    const complete = await bed.completion(receiver, 2.1 * passSeconds(600));
    expectSafe(receiver, object, complete);
    expect(complete.rejectedBlocks).toBeGreaterThan(2);
  });

  it(seeded('cannot write outside the object, or pass for a server or a channel that does not exist'), async () => {
    const bed = new Bed('outside');
    const object = bed.object(200, { isSigned: true });
    await bed.server().publish(object);
    const forge = forgerOf(bed, object);
    const prng = bed.network.prng.fork('fields');
    // Each time one field of the header is random: server, channel, tag, sizes, block, symbol.
    const fields = [4, 5, 7, 8, 12, 24, 30, 32, 36, 40] as const;
    attack(bed, dataGroupOf(object), 20_000, () => {
      const forged = forge();
      const at = fields[prng.below(fields.length)]!;
      prng.fill(forged.subarray(at, at + (at < 8 ? 1 : 2)));
      return forged;
    });
    const receiver = bed.receiver();
    const complete = await bed.completion(receiver, 5 * passSeconds(200));
    expectSafe(receiver, object, complete);
    for (const reason of ['contradiction', 'otherObject', 'outOfRange'] as const) {
      expect(complete.invalid[reason]).toBeGreaterThan(0);
    }
  });

  it(seeded('who sends truncated, random and other programs’ datagrams is counted by reason'), async () => {
    const bed = new Bed('noise');
    const object = bed.object(300);
    await bed.server().publish(object);
    const { symbols } = datagramsOf(object);
    const prng = bed.network.prng.fork('noise');
    const makers = [
      () => prng.fill(new Uint8Array(prng.below(1400))),
      () => symbols[prng.below(300)]!.slice(0, 2 + prng.below(HEADER_BYTES - 2)),
      () => symbols[prng.below(300)]!.slice(0, HEADER_BYTES + prng.below(SYMBOL_BYTES)),
      () => symbols[prng.below(300)]!.map((byte, at) => (at === 2 ? byte ^ 0x30 : byte)),
      () => symbols[prng.below(300)]!.map((byte, at) => (at === 2 ? byte | 0x0f : byte)),
      () => new Uint8Array(0),
    ] as const;
    for (const [i, make] of makers.entries()) attack(bed, dataGroupOf(object), 31_000 + i, make);
    const receiver = bed.receiver();
    const complete = await bed.completion(receiver, 1.01 + passSeconds(300));
    expectSafe(receiver, object, complete);
    const { invalid } = complete;
    expect(Object.keys(invalid).sort()).toEqual(['foreign', 'outOfRange', 'truncated', 'type', 'wireVersion']);
    expect(Object.values(invalid).reduce((sum, count) => sum + count, 0)).toBe(complete.invalidDatagrams);
    expect(newBytesOf(complete, object)).toBe(300 * SYMBOL_BYTES);
  });

  it(seeded('who forges block digests is not believed'), async () => {
    const bed = new Bed('forged digests');
    const object = bed.object(300, { blockSymbols: 4 });
    await bed.server().publish(object);
    const { digests } = datagramsOf(object);
    const prng = bed.network.prng.fork('digests');
    attack(bed, dataGroupOf(object), 20_000, () => {
      const forged = digests[prng.below(digests.length)]!.slice();
      forged[HEADER_BYTES + prng.below(forged.length - HEADER_BYTES)]! ^= 1 << prng.below(8);
      return forged;
    });
    const receiver = bed.receiver();
    const complete = await bed.completion(receiver, 1.01 + passSeconds(300));
    expectSafe(receiver, object, complete);
    expect(complete.invalid.digests).toBeGreaterThan(10);
    expect(complete.rejectedBlocks).toBe(0);
  });

  it(
    seeded('who floods the announcement group for a while cannot hide the genuine announcement for longer'),
    async () => {
      const bed = new Bed('flood');
      const object = bed.object(100);
      await bed.server().publish(object);
      const prng = bed.network.prng.fork('records');
      const { announcement } = bed;
      const forge = () => recordDatagrams(prng.fill(new Uint8Array(300)), 0, ANNOUNCEMENT_CHANNEL)[0]!;
      // The checks of a quiet time are used up before the first announcement.
      const attacker = attack(bed, announcement, 200, forge);
      const receiver = bed.receiver();
      const faults = () => receiver.stats()?.invalid;
      await bed.pass(5);
      attacker.die();
      const complete = await bed.completion(receiver, 2.1 + passSeconds(100));
      expectSafe(receiver, object, complete);
      expect(faults()?.flood).toBeGreaterThan(1000);
    },
  );

  /** A descriptor in two pieces. */
  const inTwoPieces = (bed: Bed) => {
    const servers = Array.from({ length: 30 }, (_, i) => ({ name: `a server with a long name, number ${i}` }));
    const object = bed.object(100, { servers });
    expect(object.record.length).toBeGreaterThan(FRAGMENT_BYTES);
    return object;
  };

  it.each([50, 1000])(
    seeded('who sends %i pieces of invented records a second does not prevent the genuine record from being assembled'),
    async (perSecond) => {
      const bed = new Bed('pieces');
      const object = inTwoPieces(bed);
      await bed.server().publish(object);
      const prng = bed.network.prng.fork('pieces');
      const header = newHeader();
      const forge = () => {
        Object.assign(header, { type: DatagramType.descriptor, channelIndex: ANNOUNCEMENT_CHANNEL, blockCount: 1 });
        Object.assign(header, { tagHigh: prng.next(), sizeBytes: 2 * FRAGMENT_BYTES, symbolBytes: FRAGMENT_BYTES });
        const datagram = new Uint8Array(HEADER_BYTES + FRAGMENT_BYTES);
        writeHeader(header, datagram, 0);
        return datagram;
      };
      attack(bed, bed.announcement, 1e6 / perSecond, forge);
      const receiver = bed.receiver();
      expectSafe(receiver, object, await bed.completion(receiver, 3 + passSeconds(100)));
    },
  );

  it(
    seeded('who sends wrong pieces of the genuine record on and on does not prevent it from being assembled'),
    async () => {
      const bed = new Bed('wrong pieces');
      const object = inTwoPieces(bed);
      await bed.server().publish(object);
      const wrong = recordDatagrams(object.record, 0, ANNOUNCEMENT_CHANNEL).map((piece) => {
        const changed = piece.slice();
        changed[changed.length - 1]! ^= 1;
        return changed;
      });
      let count = 0;
      const forge = () => wrong[count++ % wrong.length]!;
      // Between any two pieces of the server's come some of both kinds, also among the symbols.
      attack(bed, bed.announcement, 50_000, forge);
      const receiver = bed.receiver();
      expectSafe(receiver, object, await bed.completion(receiver, 4 + passSeconds(100)));
    },
  );
});
