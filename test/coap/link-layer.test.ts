import { expect, it } from 'vitest';
import { newCounts } from '../../dist/coap/bounds.js';
import { LinkLayer } from '../../dist/coap/link-layer.js';
import { HostClock } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';

it('gives a peer no message id twice within a minute, however many other peers are spoken to', () => {
  const world = { randomBytes: (count: number) => new Uint8Array(count).fill(255), send: () => undefined };
  const link = new LinkLayer({ ...world, clock: new HostClock(new VirtualClock()) }, newCounts());
  const peer = (index: number) => ({ address: `2001:db8::${index.toString(16)}`, port: 5683 });
  // 65,535 messages to others between two to one peer: an endpoint with one sequence says the same id again.
  const ids = new Set<number>();
  for (let round = 0; round < 2; round++) {
    const id = link.nextId(peer(1));
    expect(id).toBeLessThan(65_536);
    ids.add(id);
    for (let i = 0; i < 65_535; i++) link.nextId(peer(2 + (i % 5000)));
  }
  expect(ids.size).toBe(2);
});
