import { describe, expect, it } from 'vitest';
import type { ObjectPlan } from '../../dist/simulate/index.js';
import { seeded } from '../simulate/seed.js';
import { Bed, expectSafe, MEGABIT, newBytesOf, passesAt, passSeconds } from './bed.js';

const thirds: Partial<ObjectPlan> = {
  channels: [0, 1 / 3, 2 / 3].map((startRatio) => ({ rateBitsPerSecond: MEGABIT, startRatio })),
};
const twoServers: Partial<ObjectPlan> = {
  ...thirds,
  servers: [
    { name: 'one', address: 'fd00:5::1', startRatio: 0 },
    { name: 'two', address: 'fd00:5::2', startRatio: 1 / 6 },
  ],
};

describe('several channels and servers', () => {
  it(seeded('bring an object three times as fast when three channels start a third apart'), async () => {
    const bed = new Bed('thirds');
    const object = bed.object(900, thirds);
    await bed.server().publish(object);
    const receiver = bed.receiver({ channels: [0, 1, 2] });
    const complete = await bed.completion(receiver, 1.01 + passSeconds(900) / 3);
    expectSafe(receiver, object, complete);
    expect(complete.channels.map(({ channel }) => channel)).toEqual([0, 1, 2]);
    expect(complete.overhead).toBeLessThan(0.03);
  });

  it.each([0, 0.05])(seeded('bring an object together, at a loss of %d'), async (loss) => {
    const bed = new Bed(`two servers ${loss}`);
    const object = bed.object(1200, twoServers);
    await bed.server(0).publish(object);
    await bed.server(1).publish(object);
    const receiver = bed.receiver({ host: { down: { loss } } });
    const complete = await bed.completion(receiver, 3 + (passesAt(loss, 1200) * passSeconds(1200)) / 6);
    expectSafe(receiver, object, complete);
    expect(complete.servers.map(({ server }) => server).sort()).toEqual(['one', 'two']);
    expect(complete.servers.every(({ datagrams }) => datagrams > 100)).toBe(true);
    expect(complete.channels.every(({ datagrams }) => datagrams > 60)).toBe(true);
  });

  it(seeded('go on with the other server when one dies half-way'), async () => {
    const bed = new Bed('server death');
    const object = bed.object(1200, twoServers);
    await bed.server(0).publish(object);
    const mortal = bed.server(1);
    await mortal.publish(object);
    const receiver = bed.receiver();
    await bed.pass(2);
    mortal.host.die();
    // The receiver stays on the lowest level for up to a second, until it knows the rhythm of the link.
    const complete = await bed.completion(receiver, passSeconds(1200) / 3 + 1);
    expectSafe(receiver, object, complete);
    const datagrams = new Map(complete.servers.map(({ server, datagrams }) => [server, datagrams]));
    expect(datagrams.get('one')).toBeGreaterThan(datagrams.get('two')!);
  });

  it(seeded('lose no symbols when all servers die, and continue when one server is back'), async () => {
    const bed = new Bed('all die');
    const object = bed.object(1000);
    const server = bed.server();
    await server.publish(object);
    const receiver = bed.receiver({ patienceUs: 5e6 });
    await bed.pass(6);
    server.host.die();
    expect(await bed.failure(receiver, 5.2)).toBe('NOBODY_SENDING');
    const kept = receiver.disk.journalledBytes;
    expect(kept).toBe(newBytesOf(receiver.stats()!, object));
    expect(kept).toBeGreaterThan(400 * object.descriptor.symbolBytes);

    await bed.server().publish(object);
    const again = bed.receiver({ name: 'again', disk: receiver.disk });
    const complete = await bed.completion(again, 1.01 + passSeconds(1000));
    expectSafe(again, object, complete);
    expect(complete.resumedBytes).toBe(kept);
  });

  it(seeded('do not count a server that starts anew with other sequence numbers as loss'), async () => {
    const bed = new Bed('restart');
    const object = bed.object(1000);
    const before = bed.server();
    await before.publish(object);
    const receiver = bed.receiver();
    await bed.pass(5);
    before.host.die();
    await bed.pass(3);
    await bed.server().publish(object);
    const complete = await bed.completion(receiver, passSeconds(1000));
    expectSafe(receiver, object, complete);
    // The first datagram after a leap is not yet believed, and the last before it may have been under way.
    expect(complete.lostDatagrams).toBeLessThanOrEqual(1);
    expect(complete.datagrams).toBeGreaterThanOrEqual(1000);
  });

  it(seeded('are heard only from the named sources if joins are source-specific'), async () => {
    const bed = new Bed('source-specific');
    const object = bed.object(600, { ...twoServers, ssm: true });
    await bed.server(0).publish(object);
    await bed.server(1).publish(object);
    // Somebody else sends the same to the same groups, as server 0.
    const stranger = bed.server(0, { address: 'fd00:bad::1' });
    await stranger.publish(object);
    const receiver = bed.receiver({ channels: [0, 1, 2] });
    const joins: (string | undefined)[] = [];
    receiver.on('join', ({ server }) => joins.push(server));
    const complete = await bed.completion(receiver, 1.01 + passSeconds(600) / 3);
    expectSafe(receiver, object, complete);
    expect(joins).toEqual(['one', 'two', 'one', 'two', 'one', 'two']);
    // Two of the three senders are heard. If the stranger were heard, each datagram of server 0 would arrive twice.
    expect(complete.duplicateBytes / complete.payloadBytes).toBeLessThan(0.1);
  });

  it(seeded('of a replicated ladder: one channel brings the object alone'), async () => {
    const bed = new Bed('replicated');
    const rates = [0.5, 1, 2].map((factor) => ({ rateBitsPerSecond: factor * MEGABIT }));
    const object = bed.object(400, { mode: 'best', channels: rates });
    await bed.server().publish(object);
    const receiver = bed.receiver({ channels: [1] });
    const complete = await bed.completion(receiver, 1.01 + passSeconds(400));
    expectSafe(receiver, object, complete);
    expect(complete.channels.map(({ channel }) => channel)).toEqual([1]);
  });

  it(seeded('serve twelve receivers with the packets of one'), async () => {
    const sentIn = async (receiverCount: number) => {
      const bed = new Bed(`twelve ${receiverCount}`);
      bed.network.addLink({ name: 'site', down: { rateBitsPerSecond: 1.05e6, delayUs: 5000 } });
      const object = bed.object(300);
      const server = bed.server();
      await server.publish(object);
      const receivers = Array.from({ length: receiverCount }, (_, i) =>
        bed.receiver({ name: `receiver ${i}`, host: { below: 'site', down: { loss: 0.02 * (i % 3) } } }),
      );
      for (const receiver of receivers) expectSafe(receiver, object, await bed.completion(receiver, 30));
      return server.sentCount(object) / bed.nowS;
    };
    const [one, twelve] = [await sentIn(1), await sentIn(12)];
    expect(twelve / one).toBeCloseTo(1, 1);
  });
});
