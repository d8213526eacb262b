import { describe, expect, it } from 'vitest';
import { seeded } from '../simulate/seed.js';
import { Bed, expectSafe, MEGABIT, passSeconds } from './bed.js';

describe('an interface', () => {
  it(seeded('that goes down for a while costs the receiver only that time'), async () => {
    const bed = new Bed('down');
    const object = bed.object(500);
    await bed.server().publish(object);
    const receiver = bed.receiver();
    await bed.pass(3);
    receiver.host.interfaceDown();
    await bed.pass(4);
    receiver.host.interfaceUp();
    expectSafe(receiver, object, await bed.completion(receiver, 2 * passSeconds(500)));
  });

  it.each([false, true])(
    seeded('that was down for a moment or some seconds says nothing about the rate of the link, run records: %s'),
    async (isSigned) => {
      const bed = new Bed(`down on a ladder ${isSigned}`);
      const channels = [2, 0.67, 0.67, 0.67].map((megabits) => ({ rateBitsPerSecond: megabits * MEGABIT }));
      const object = bed.object(6000, { channels, isSigned });
      await bed.server().publish(object);
      bed.network.addLink({ name: 'line', down: { rateBitsPerSecond: 50e6, queueBytes: 100_000 } });
      const receiver = bed.receiver({ host: { below: 'line' } });
      const leaves: string[] = [];
      await bed.pass(5);
      receiver.on('leave', ({ reason }) => leaves.push(reason));
      for (const downS of [0.15, 0.3, 0.3, 0.7, 1.3, 3, 4.5]) {
        receiver.host.interfaceDown();
        await bed.pass(downS);
        receiver.host.interfaceUp();
        await bed.pass(3);
      }
      expect(leaves).toEqual([]);
      expectSafe(receiver, object, await bed.completion(receiver, 2 * passSeconds(1500)));
    },
  );

  it(
    seeded('that comes back without its memberships is used for joins again within a second, for announcements too'),
    async () => {
      const bed = new Bed('forgets');
      const object = bed.object(500);
      const server = bed.server();
      await server.publish(object);
      const receiver = bed.receiver();
      const codes: string[] = [];
      const waiting: string[] = [];
      receiver.on('warning', ({ code }) => codes.push(code));
      receiver.on('waiting', ({ message }) => waiting.push(message));
      await bed.pass(3);
      receiver.host.interfaceDown(true);
      await bed.pass(7);
      receiver.host.interfaceUp();
      await bed.pass(1.1);
      // Announced only from now on: whoever does not hear announcements again would not hear of the newer version.
      const newer = bed.object(300, { version: 2, content: bed.bytes(300 * 1154, 'newer') });
      await server.publish(newer);
      expectSafe(receiver, newer, await bed.completion(receiver, 1.2 + passSeconds(300)), true);
      expect(codes).toEqual(['SUPERSEDED']);
      expect(waiting).toEqual(['sim0 of receiver is gone']);
    },
  );

  it(
    seeded('that is missing for longer than the patience is waited for, unless the receiver is told not to wait'),
    async () => {
      const bed = new Bed('away');
      const object = bed.object(500);
      await bed.server().publish(object);
      const receivers = [true, false].map((waits) => bed.receiver({ name: `waits ${waits}`, waits, patienceUs: 5e6 }));
      await bed.pass(3);
      for (const { host } of receivers) host.interfaceDown(true);
      expect(await bed.failure(receivers[1]!, 5.2)).toBe('NOBODY_SENDING');
      await expect(receivers[1]!.done).rejects.toThrow(/is gone\); progress is kept: 2\d\d? kB of 577 kB/);
      await bed.pass(100);
      receivers[0]!.host.interfaceUp();
      expectSafe(receivers[0]!, object, await bed.completion(receivers[0]!, 1.2 + passSeconds(500)));
    },
  );

  it(seeded('that is missing at the start is waited for'), async () => {
    const bed = new Bed('late');
    const object = bed.object(200);
    await bed.server().publish(object);
    const receiver = bed.receiver({ patienceUs: 5e6 });
    receiver.host.interfaceDown(true);
    await bed.pass(60);
    receiver.host.interfaceUp();
    expectSafe(receiver, object, await bed.completion(receiver, 2.2 + passSeconds(200)));
  });

  it(seeded('of the server that goes down and up is used again, and the failure is reported once'), async () => {
    const bed = new Bed('server down');
    const object = bed.object(500);
    const server = bed.server();
    await server.publish(object);
    const receiver = bed.receiver();
    await bed.pass(3);
    server.host.interfaceDown();
    await bed.pass(3);
    server.host.interfaceUp();
    const complete = await bed.completion(receiver, 2 * passSeconds(500));
    expectSafe(receiver, object, complete);
    // The channel and the announcements, each once down and once up.
    expect(server.networkEvents.filter((failure) => failure === 'ENETDOWN')).toHaveLength(2);
    expect(server.networkEvents.filter((failure) => failure === undefined)).toHaveLength(2);
    // What was refused was numbered: it is lost.
    expect(complete.lostDatagrams).toBeGreaterThan(250);
  });

  it(
    seeded('that does not exist ends the transfer with an error that names it, if the receiver is told not to wait'),
    async () => {
      const bed = new Bed('unknown');
      const place = { group: 'ff15::1', port: 4242, interface: 'eth7', sources: [] };
      const receiver = bed.receiver({ announcement: place, waits: false });
      expect(await bed.failure(receiver, 1)).toBe('UNKNOWN_INTERFACE');
    },
  );
});
