import { expect, it } from 'vitest';
import { Releases } from '../../dist/mqtt/releases.js';
import { HostClock } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';

const S = 1e6;

it('has records judged again once for all proofs of a second, and a device stays awake for that', async () => {
  const virtual = new VirtualClock();
  const releases = new Releases(0, { clock: new HostClock(virtual), random: () => 0 });
  const given: number[] = [];
  releases.attach((record) => given.push(record[0]!));
  for (let i = 0; i < 100; i++) releases.hear(`layercast/acme/${i}/release`, Uint8Array.of(1, i), false);
  await virtual.run(S);
  expect(given).toHaveLength(100);
  // A hostile broker has a thousand proofs.
  for (let i = 0; i < 200; i++) releases.hear(`layercast/acme/proofs/${i}`, Uint8Array.of(2, i), true);
  expect(releases.areWaiting).toBe(true);
  await virtual.run(3 * S);
  expect(given).toHaveLength(100 + 300);
  expect(releases.areWaiting).toBe(false);
  // Nothing is given to a device that sleeps; the next wake has all.
  releases.hear('layercast/acme/proofs/0', Uint8Array.of(2, 255), true);
  releases.detach();
  await virtual.run(9 * S);
  expect(given).toHaveLength(400);
  releases.attach((record) => given.push(record[0]!));
  expect(given).toHaveLength(700);
});
