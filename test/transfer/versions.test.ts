import { describe, expect, it } from 'vitest';
import { simulatedKeys } from '../../dist/simulate/index.js';
import { Prng } from '../../dist/simulate/random/prng.js';
import { seeded } from '../simulate/seed.js';
import { Bed, expectSafe, passSeconds, type ReceiverPlan } from './bed.js';

function warningsOf(bed: Bed, plan: ReceiverPlan = {}) {
  const receiver = bed.receiver(plan);
  const codes: string[] = [];
  receiver.on('warning', ({ code }) => codes.push(code));
  return { receiver, codes };
}

describe('versions', () => {
  it(seeded('a newer version replaces the version that is being received'), async () => {
    const bed = new Bed('supersede');
    const [older, newer] = [
      bed.object(500),
      bed.object(300, { version: 2, content: bed.bytes(300 * 1154, 'newer') }),
    ] as const;
    const server = bed.server();
    await server.publish(older);
    const { receiver, codes } = warningsOf(bed);
    await bed.pass(3);
    await server.publish(newer);
    const complete = await bed.completion(receiver, 1.01 + passSeconds(300));
    expectSafe(receiver, newer, complete, true);
    expect(complete.version).toBe(2);
    expect(complete.resumedBytes).toBe(0);
    // Counts are of the whole run: two seconds of the older version, and the newer version.
    expect(complete.payloadBytes).toBeGreaterThan((300 + 150) * 1154);
    expect(complete.datagrams).toBeGreaterThan(300 + 150);
    expect(complete.servers.map(({ datagrams }) => datagrams)).toEqual([complete.datagrams]);
    expect(complete.overhead).toBeLessThan(0.1);
    expect(codes).toEqual(['SUPERSEDED']);
  });

  it(seeded('while two versions are sent, the newer one wins however late it is heard'), async () => {
    const bed = new Bed('both');
    const servers = [{ name: 'one' }, { name: 'two' }];
    const older = bed.object(200, { version: 4, servers });
    const newer = bed.object(200, { version: 5, servers, content: bed.bytes(200 * 1154, 'newer') });
    await bed.server(0).publish(older);
    const { receiver, codes } = warningsOf(bed);
    await bed.pass(1.5);
    await bed.server(1).publish(newer);
    // Channel groups come from names, so datagrams of both versions arrive on them.
    const complete = await bed.completion(receiver, 3 + passSeconds(200));
    expect(complete.version).toBe(5);
    expect(receiver.disk.violations).toEqual([]);
    expect(complete.invalidDatagrams).toBeGreaterThan(0);
    expect(codes).toEqual(['SUPERSEDED']);
  });

  it(seeded('if two files have one version number, the receiver keeps to the first and warns'), async () => {
    const bed = new Bed('conflict');
    const servers = [{ name: 'one' }, { name: 'two' }];
    const one = bed.object(300, { servers });
    const other = bed.object(300, { servers, content: bed.bytes(300 * 1154, 'other') });
    await bed.server(0).publish(one);
    const { receiver, codes } = warningsOf(bed);
    await bed.pass(1.2);
    await bed.server(1).publish(other);
    const complete = await bed.completion(receiver, 3 + passSeconds(300));
    expectSafe(receiver, one, complete);
    expect(complete.invalid.otherObject).toBeGreaterThan(100);
    expect(codes).toEqual(['CONFLICT']);
  });

  it(seeded('an expired version is refused, unless the user accepts it'), async () => {
    const bed = new Bed('expired');
    const object = bed.object(100, { expiresS: 2 });
    await bed.server().publish(object);
    await bed.pass(3);
    const { receiver, codes } = warningsOf(bed, { patienceUs: 4e6 });
    expect(await bed.failure(receiver, 4.2)).toBe('EXPIRED');
    expect(codes).toEqual(['EXPIRED']);
    const lenient = bed.receiver({ name: 'lenient', acceptExpired: true });
    expectSafe(lenient, object, await bed.completion(lenient, 3));
  });

  it(
    seeded('a version that expires while it is received is given up, and goes on when it is signed anew'),
    async () => {
      const bed = new Bed('expires');
      const server = bed.server();
      await server.publish(bed.object(1000, { expiresS: 4 }));
      const { receiver, codes } = warningsOf(bed, { patienceUs: 4e6 });
      expect(await bed.failure(receiver, 20)).toBe('EXPIRED');
      expect(codes).toEqual(['EXPIRED']);
      const again = bed.receiver({ name: 'again', disk: receiver.disk });
      const renewed = bed.object(1000, { createdS: 10, expiresS: 1e6 });
      await server.publish(renewed);
      const complete = await bed.completion(again, 2 + passSeconds(1000));
      expectSafe(again, renewed, complete);
      expect(complete.resumedBytes).toBeGreaterThan(0);
    },
  );

  it(seeded('a version older than a completed one is refused'), async () => {
    const bed = new Bed('rollback');
    const object = bed.object(100, { version: 6 });
    await bed.server().publish(object);
    const { receiver, codes } = warningsOf(bed, { patienceUs: 4e6, lowestVersion: 7 });
    expect(await bed.failure(receiver, 4.2)).toBe('VERSION_REFUSED');
    expect(codes).toEqual(['VERSION_REFUSED']);
    const same = bed.receiver({ name: 'same', lowestVersion: 6 });
    expectSafe(same, object, await bed.completion(same, 3));
  });

  it(seeded('a version that another key signed is not received, and the error says why'), async () => {
    const bed = new Bed('wrong key');
    await bed.server().publish(bed.object(100, {}, simulatedKeys(new Prng('another')).privateKey));
    const receiver = bed.receiver({ patienceUs: 5e6 });
    expect(await bed.failure(receiver, 5.2)).toBe('RECORD_INVALID');
    expect(receiver.stats()).toBeUndefined();
    expect(receiver.disk.violations).toEqual([]);
  });

  it(seeded('a version that FILE already has is not received again'), async () => {
    const bed = new Bed('in place');
    const object = bed.object(200);
    await bed.server().publish(object);
    const receiver = bed.receiver();
    await bed.completion(receiver, 5);
    const again = bed.receiver({ name: 'again', disk: receiver.disk });
    const complete = await bed.completion(again, 1.01);
    expect([complete.datagrams, complete.resumedBytes]).toEqual([0, 200 * 1154]);
    expect(again.host.down.counts.carriedCount).toBeLessThan(3);
  });

  it(seeded('if nobody announces a version, the receiver reports that when its patience ends'), async () => {
    const bed = new Bed('nobody');
    expect(await bed.failure(bed.receiver({ patienceUs: 10e6 }), 10.2)).toBe('NOBODY_SENDING');
  });

  it(seeded('another object of the fleet is not mistaken for the one wanted'), async () => {
    const bed = new Bed('other object');
    const wanted = bed.object(100);
    const other = bed.object(100, { object: 'other', version: 9, content: bed.bytes(115_400, 'other') });
    await bed.server().publish(other, wanted);
    const receiver = bed.receiver();
    const complete = await bed.completion(receiver, 3);
    expectSafe(receiver, wanted, complete);
    expect(complete.object).toBe('object');
  });
});
