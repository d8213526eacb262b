import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../dist/fleet/load-fleet.js';
import { startByte } from '../../dist/fleet/start-offsets.js';
import { fleet } from './example-fleet.js';

const [alpha, beta, gamma, delta] = fleet.servers as [never, never, never, never];
const [a] = fleet.objects as [(typeof fleet.objects)[number]];

describe('where a carousel starts', () => {
  const start = (channel: number, server: never, sizeBytes = 1000) =>
    startByte(fleet, a.channels[channel]!, server, sizeBytes);

  it('is the channel’s offset and the server’s, round the end', () => {
    expect(start(1, beta)).toBe((250 + 900) % 1000);
    expect(start(2, beta)).toBe(903);
    expect(start(1, gamma)).toBe(252);
    expect(start(2, gamma)).toBe(5);
    expect(start(2, gamma, 4)).toBe(1);
  });

  it('is spread over the servers evenly and over channels by the golden section, where the file leaves it open', () => {
    expect([start(0, alpha), start(0, delta)]).toEqual([0, 750]);
    expect([start(1, alpha), start(1, delta)]).toEqual([250, 0]);
    const open = parseFleet(
      'fleet: f\nobjects: { a: { file: a, version: 1, ladder: { from: 1Mbit, to: 1.4Mbit } } }\nservers: { x: , y: , z:  }\n',
      'f',
    );
    const starts = open.servers.flatMap((server) =>
      open.objects[0]!.channels.map((channel) => startByte(open, channel, server, 600)),
    );
    expect(starts.toSorted((x, y) => x - y)).toEqual([0, 124, 200, 324, 400, 524]);
  });

  it('is a byte of the object, whatever its size', () => {
    fc.assert(
      fc.property(
        fc.nat(2),
        fc.constantFrom(alpha, beta, gamma, delta),
        fc.integer({ min: 0, max: 2 ** 48 - 1 }),
        (channel, server, sizeBytes) => {
          const bytes = start(channel, server, sizeBytes);
          expect(Number.isSafeInteger(bytes)).toBe(true);
          expect(bytes).toBeGreaterThanOrEqual(0);
          expect(bytes).toBeLessThan(Math.max(sizeBytes, 1));
        },
      ),
    );
  });
});
