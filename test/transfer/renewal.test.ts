import { describe, expect, it } from 'vitest';
import type { ObjectPlan, SimulatedReceiver } from '../../dist/simulate/index.js';
import { datagramsOf } from '../receiver/datagrams.js';
import { seeded } from '../simulate/seed.js';
import { attack, dataGroupOf } from './attack.js';
import { Bed, expectSafe, MEGABIT, passSeconds, SYMBOL_BYTES } from './bed.js';

const SERVER = { name: 'server', address: 'fd00:5::1' };
const one = (change: Partial<ObjectPlan['channels'][number]> = {}) => [{ rateBitsPerSecond: MEGABIT, ...change }];

function movesOf(receiver: SimulatedReceiver): string[] {
  const moves: string[] = [];
  for (const name of ['join', 'leave'] as const) receiver.on(name, ({ channel }) => moves.push(`${name} ${channel}`));
  receiver.on('warning', ({ code }) => moves.push(code));
  return moves;
}

/** What may change under one version, and how a fleet describes it then. */
const CHANGES: readonly (readonly [string, Partial<ObjectPlan>])[] = [
  ['rates', { channels: one({ rateBitsPerSecond: 2 * MEGABIT }) }],
  ['port', { channels: one({ port: 5151 }) }],
  ['group', { channels: one({ group: 'ff15::77' }) }],
  ['more channels', { channels: [...one(), ...one({ startRatio: 0.5 })] }],
  ['mode', { channels: [...one(), ...one({ rateBitsPerSecond: 2 * MEGABIT })], mode: 'best' }],
  ['source-specific', { ssm: true, channels: one({ group: 'ff35::8000:1' }) }],
];

describe('a version that is sent in another way while it is received', () => {
  it.each(CHANGES.flatMap(([what, plan]) => (['none', 'raptorq'] as const).map((code) => ({ what, plan, code }))))(
    seeded('is followed, and all symbols stay: $what, code $code'),
    async ({ what, plan, code }) => {
      const bed = new Bed(`renewed ${what} ${code}`);
      const before = bed.object(1000, { servers: [SERVER], channels: one(), code });
      const after = bed.object(1000, { servers: [SERVER], channels: one(), code, createdS: 5, ...plan });
      const server = bed.server();
      await server.publish(before);
      const receiver = bed.receiver({ patienceUs: 5e6 });
      await bed.pass(6);
      const keptBytes = receiver.stats()!.payloadBytes;
      expect(keptBytes).toBeGreaterThan(450 * SYMBOL_BYTES);
      await server.publish(after);
      // One announcement, and one pass where the carousel begins anew.
      const complete = await bed.completion(receiver, 1.2 + passSeconds(1000));
      expectSafe(receiver, after, complete);
      expect(complete.rejectedBlocks).toBe(0);
      // Now and then source and repair symbols together do not determine a block, and one or two more do.
      const neededCount = code === 'raptorq' ? 1002 : 1000;
      expect(complete.payloadBytes - complete.duplicateBytes).toBeLessThanOrEqual(neededCount * SYMBOL_BYTES);
      // What was counted before the change is in the final counts, and the change itself is no loss.
      expect(complete.payloadBytes).toBeGreaterThan(keptBytes);
      expect(complete.lostDatagrams).toBe(0);
    },
  );

  it(seeded('by another server, when only named servers are heard, is followed'), async () => {
    const bed = new Bed('renewed server');
    const ssm = { ssm: true, channels: one({ group: 'ff35::8000:1' }) };
    const other = { name: 'other', address: 'fd00:5::9' };
    const before = bed.object(1000, { ...ssm, servers: [SERVER] });
    const after = bed.object(1000, { ...ssm, servers: [SERVER, other], createdS: 5 });
    const first = bed.server(0);
    await first.publish(before);
    const receiver = bed.receiver({ patienceUs: 5e6 });
    await bed.pass(6);
    first.host.die();
    await bed.server(1, { address: other.address }).publish(after);
    const complete = await bed.completion(receiver, 1.2 + 5 + passSeconds(1000));
    expectSafe(receiver, after, complete);
    expect(complete.servers.map(({ server }) => server).sort()).toEqual(['other', 'server']);
  });

  it(seeded('in other pieces is received from the beginning'), async () => {
    const bed = new Bed('renewed pieces');
    const before = bed.object(1000);
    const content = before.content;
    const server = bed.server();
    await server.publish(before);
    const receiver = bed.receiver();
    const moves = movesOf(receiver);
    await bed.pass(6);
    const after = bed.object(1000, { content, symbolBytes: 577, blockSymbols: 100, createdS: 5 });
    await server.publish(after);
    const complete = await bed.completion(receiver, 2.2 + 2 * passSeconds(1000));
    expectSafe(receiver, after, complete, true);
    expect(moves).toContain('SUPERSEDED');
    expect(complete.payloadBytes).toBeGreaterThan(1400 * SYMBOL_BYTES);
  });

  it.each(['none', 'raptorq'] as const)(
    seeded('that two servers cut into different pieces and sign in turn is not begun again and again: code %s'),
    async (code) => {
      const bed = new Bed(`renewed in turn ${code}`);
      const content = bed.bytes(1000 * SYMBOL_BYTES);
      const servers = [SERVER, { name: 'other', address: 'fd00:5::2' }];
      const signed = (turn: number) => {
        const pieces = turn % 2 === 0 ? {} : { symbolBytes: 577, channels: one({ port: 5151 }) };
        return bed.object(1000, { content, code, servers, createdS: 3 * turn, ...pieces });
      };
      const both = [bed.server(0), bed.server(1)];
      await both[0]!.publish(signed(0));
      const receiver = bed.receiver();
      const moves = movesOf(receiver);
      for (let turn = 1; turn < 4; turn++) {
        await bed.pass(3);
        await both[turn % 2]!.publish(signed(turn));
      }
      // The first server begins its pass anew once, at 6 s.
      const complete = await bed.completion(receiver, 1.2 + passSeconds(1000));
      expectSafe(receiver, signed(0), complete, true);
      expect(moves).not.toContain('SUPERSEDED');
    },
  );

  it(seeded('in other pieces is received even if a stranger goes on sending the old pieces'), async () => {
    const bed = new Bed('renewed pieces, and a stranger');
    const before = bed.object(1000);
    const server = bed.server();
    await server.publish(before);
    const receiver = bed.receiver();
    await bed.pass(6);
    const after = bed.object(1000, { content: before.content, symbolBytes: 577, createdS: 5 });
    await server.publish(after);
    const [symbol] = datagramsOf(before).symbols;
    attack(bed, dataGroupOf(before), 500_000, () => symbol!);
    // Two passes until the old pieces are given up; the new ones take one.
    const complete = await bed.completion(receiver, 1.2 + 2 * passSeconds(1000) + 1.2 * passSeconds(1000));
    expectSafe(receiver, after, complete, true);
  });

  it(seeded('is received as before when only its dates or names change'), async () => {
    const bed = new Bed('renewed dates');
    const server = bed.server();
    const before = bed.object(1000);
    await server.publish(before);
    const receiver = bed.receiver();
    const moves = movesOf(receiver);
    await bed.pass(4);
    await bed.server(1).publish(bed.object(1000, { createdS: 3, expiresS: 1e6 }));
    await bed.pass(2);
    const named = bed.object(1000, { createdS: 5, servers: [{ name: 'renamed' }, { name: 'second' }] });
    await bed.server(2).publish(named);
    const complete = await bed.completion(receiver, 1.2 + passSeconds(1000));
    expectSafe(receiver, before, complete);
    expect(moves).toEqual(['join 0', 'leave 0']);
  });

  it(seeded('is received as its newer record says when an older record is announced at the same time'), async () => {
    const bed = new Bed('renewed and old');
    const servers = [SERVER, { name: 'old', address: 'fd00:5::2' }];
    const before = bed.object(1000, { servers });
    await bed.server(1).publish(before);
    const receiver = bed.receiver();
    const moves = movesOf(receiver);
    await bed.pass(4);
    const after = bed.object(1000, { servers, createdS: 3, channels: one({ port: 5151 }) });
    await bed.server(0).publish(after);
    expectSafe(receiver, after, await bed.completion(receiver, 1.2 + passSeconds(1000)));
    expect(moves).toEqual(['join 0', 'leave 0', 'join 0', 'leave 0']);
  });

  it(seeded('without a channel that was picked by hand ends with USAGE'), async () => {
    const bed = new Bed('renewed picked');
    const server = bed.server();
    await server.publish(bed.object(1000, { channels: [...one(), ...one()] }));
    const receiver = bed.receiver({ channels: [1] });
    await bed.pass(4);
    await server.publish(bed.object(1000, { createdS: 3 }));
    expect(await bed.failure(receiver, 1.2)).toBe('USAGE');
  });
});
