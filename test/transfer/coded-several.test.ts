import { describe, expect, it } from 'vitest';
import type { ObjectPlan } from '../../dist/simulate/index.js';
import { seeded } from '../simulate/seed.js';
import { Bed, expectSafe, MEGABIT, passSeconds } from './bed.js';

/** A coded object of one block, on three channels of 4 Mbit/s together, sent by so many servers. */
function planOf(serverCount: number): Partial<ObjectPlan> {
  return {
    code: 'raptorq',
    blockSymbols: 2000,
    channels: [1, 1, 2].map((factor) => ({ rateBitsPerSecond: factor * MEGABIT })),
    servers: Array.from({ length: serverCount }, (_, i) => ({ name: `server ${i}`, address: `fd00:5::${i + 1}` })),
  };
}

describe('several channels and servers of coded symbols', () => {
  it.each([
    [1, 0],
    [2, 0],
    [3, 0.05],
    [4, 0.2],
  ])(seeded('%d servers never send a symbol twice, at a loss of %d'), async (serverCount, loss) => {
    const bed = new Bed(`coded servers ${serverCount}`);
    const object = bed.object(2000, planOf(serverCount));
    for (let index = 0; index < serverCount; index++) await bed.server(index).publish(object);
    await bed.pass(20 * bed.network.prng.ratio());
    const receiver = bed.receiver({ channels: [0, 1, 2], host: { down: { loss } } });
    const seconds = (1.05 * passSeconds(2000)) / (4 * serverCount * (1 - loss));
    const complete = await bed.completion(receiver, 2.1 + seconds);
    expectSafe(receiver, object, complete);
    expect(complete.overhead).toBeLessThan(0.003);
    expect(complete.duplicateBytes).toBe(0);
    expect(complete.servers).toHaveLength(serverCount);
  });

  it(
    seeded('of several blocks repeat only symbols that come for ready blocks while the last block is not ready'),
    async () => {
      const bed = new Bed('coded servers and blocks');
      const object = bed.object(4000, { ...planOf(3), blockSymbols: 1000 });
      for (let index = 0; index < 3; index++) await bed.server(index).publish(object);
      const receiver = bed.receiver({ channels: [0, 1, 2], host: { down: { loss: 0.1 } } });
      const complete = await bed.completion(receiver, 2.1 + (1.05 * passSeconds(4000)) / (12 * 0.9));
      expectSafe(receiver, object, complete);
      expect(complete.overhead).toBeLessThan(0.04);
    },
  );

  it(seeded('whose clocks are five seconds apart bring the object too'), async () => {
    const bed = new Bed('coded clocks');
    const object = bed.object(2000, planOf(3));
    for (let index = 0; index < 3; index++) {
      const host = bed.host(`clock ${index}`, { address: `fd00:5::${index + 1}`, wallErrorUs: 5e6 * (index - 1) });
      await bed.server(index, { host }).publish(object);
    }
    const receiver = bed.receiver({ channels: [0, 1, 2], host: { wallErrorUs: -60e6 } });
    const complete = await bed.completion(receiver, 1.01 + (1.02 * passSeconds(2000)) / 12);
    expectSafe(receiver, object, complete);
    expect(complete.overhead).toBeLessThan(0.003);
  });

  it(seeded('go on without a server that dies, and with it when it is back'), async () => {
    const bed = new Bed('coded death');
    const object = bed.object(2000, { ...planOf(2), channels: [{ rateBitsPerSecond: MEGABIT }] });
    await bed.server(0).publish(object);
    const mortal = bed.server(1);
    await mortal.publish(object);
    const receiver = bed.receiver();
    await bed.pass(4);
    mortal.host.die();
    await bed.pass(4);
    // Another machine replaces it, with a clock 5 s behind: it sends again what the first machine sent in its last 5 s.
    const host = bed.host('in its place', { address: 'fd00:5::2', wallErrorUs: -5e6 });
    await bed.server(1, { host }).publish(object);
    const complete = await bed.completion(receiver, 1.02 * (passSeconds(2000) / 2) - 8 + 1.01 + 2 + 1);
    expectSafe(receiver, object, complete);
    // 1 s of those 5 s overlaps with what was heard before it died.
    expect(complete.overhead).toBeLessThan(0.06);
  });

  it(seeded('that start anew with the same clock continue where they would have been'), async () => {
    const bed = new Bed('coded restart');
    const object = bed.object(1000, { ...planOf(1), blockSymbols: 1000, channels: [{ rateBitsPerSecond: MEGABIT }] });
    const before = bed.server();
    await before.publish(object);
    const receiver = bed.receiver();
    await bed.pass(5);
    before.host.die();
    await bed.server().publish(object);
    const complete = await bed.completion(receiver, 1.1 + passSeconds(1000) - 4);
    expectSafe(receiver, object, complete);
    expect(complete.overhead).toBeLessThan(0.005);
  });

  it(seeded('that are added half-way and are not in the receiver’s descriptor help at once'), async () => {
    const bed = new Bed('coded added');
    const channels = [{ rateBitsPerSecond: MEGABIT }];
    const content = bed.bytes(2000 * 1154);
    const [alone, together] = [1, 2].map((count) =>
      bed.object(2000, { ...planOf(count), channels, content, createdS: count }),
    );
    await bed.server(0).publish(alone!);
    const receiver = bed.receiver();
    await bed.pass(6);
    await bed.server(1).publish(together!);
    const complete = await bed.completion(receiver, 1.02 * (passSeconds(1500) / 2) + 1.1);
    expectSafe(receiver, alone!, complete);
    expect(complete.duplicateBytes).toBe(0);
    expect(complete.overhead).toBeLessThan(0.003);
    // Its name came with the newer descriptor.
    expect(complete.servers.map(({ server }) => server)).toEqual(['server 0', 'server 1']);
    expect(complete.servers.every(({ datagrams }) => datagrams > 600)).toBe(true);
  });

  it(seeded('of a replicated ladder: each channel brings the object alone'), async () => {
    const bed = new Bed('coded replicated');
    const object = bed.object(1000, { ...planOf(2), blockSymbols: 1000, mode: 'best' });
    await bed.server(0).publish(object);
    for (const channel of [0, 2]) {
      const receiver = bed.receiver({ name: `channel ${channel}`, channels: [channel] });
      const complete = await bed.completion(receiver, 1.01 + passSeconds(1000) / (channel === 2 ? 2 : 1) + 0.1);
      expectSafe(receiver, object, complete);
      // The last symbol that is needed may be the first of a train of 12, all of which arrive at once.
      expect(complete.overhead).toBeLessThan(0.005 + 0.011);
    }
  });

  it(seeded('that a receiver leaves and joins when it changes its level cost it no symbols'), async () => {
    const bed = new Bed('coded levels');
    const object = bed.object(2000, planOf(2));
    for (const index of [0, 1]) await bed.server(index).publish(object);
    const disk = bed.disk({ flushUs: 20_000 });
    let kept = 0;
    for (const [run, channels] of [[0], [0, 1], [0, 1, 2], [0], [1]].entries()) {
      const receiver = bed.receiver({ name: `level ${run}`, disk, channels });
      await bed.pass(1.3);
      receiver.abort();
      expect(await bed.failure(receiver, 1)).toBe('ABORTED');
      const stats = receiver.stats()!;
      expect(stats.resumedBytes).toBe(kept);
      expect(stats.duplicateBytes).toBe(0);
      expect(disk.journalledBytes).toBe(kept + stats.payloadBytes);
      kept = disk.journalledBytes;
    }
    const last = bed.receiver({ name: 'last', disk });
    const complete = await bed.completion(last, 1.01 + passSeconds(2000) / 8);
    expectSafe(last, object, complete);
    expect(complete.overhead).toBeLessThan(0.003);
  });
});
