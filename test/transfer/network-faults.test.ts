import { describe, expect, it } from 'vitest';
import { seeded } from '../simulate/seed.js';
import { Bed, expectSafe, passSeconds } from './bed.js';

describe('an interface', () => {
  it(seeded('that goes down for a while costs the receiver that while'), async () => {
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

  it(seeded('that comes back without its memberships is joined anew after five silent seconds'), async () => {
    const bed = new Bed('forgets');
    const object = bed.object(500);
    await bed.server().publish(object);
    const receiver = bed.receiver();
    const warnings: string[] = [];
    receiver.on('warning', ({ code }) => warnings.push(code));
    await bed.pass(3);
    receiver.host.interfaceDown(true);
    // Joining anew is refused meanwhile, and must be tried again.
    await bed.pass(7);
    receiver.host.interfaceUp();
    expectSafe(receiver, object, await bed.completion(receiver, 5.2 + 2 * passSeconds(500)));
    expect(warnings).toEqual(['SILENCE']);
  });

  it(seeded('of the server that goes down and up is used again, and the failure is told once'), async () => {
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

  it(seeded('that does not exist ends the transfer with its name'), async () => {
    const bed = new Bed('unknown');
    const place = { group: 'ff15::1', port: 4242, interface: 'eth7', sources: [] };
    const receiver = bed.receiver({ announcement: place });
    expect(await bed.failure(receiver, 1)).toBe('UNKNOWN_INTERFACE');
  });
});
