import { expect, it } from 'vitest';
import { Assemblies } from '../../dist/coap/assemblies.js';
import { HostClock } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';

it('puts together four payloads of one peer at most, so that others have places, too', () => {
  const assemblies = new Assemblies(new HostClock(new VirtualClock()), 16);
  const begin = (port: number, request: string) => {
    const block = { index: 0, hasMore: true, bytes: 64 };
    return assemblies.take({ address: 'fd00::1', port }, request, block, new Uint8Array(64), 1000).kind;
  };
  const kinds = Array.from({ length: 16 }, (_, i) => begin(1, `POST ${i}`));
  expect(kinds.filter((kind) => kind === 'more')).toHaveLength(4);
  expect(begin(2, 'POST a')).toBe('more');
  // What is begun anew takes the place that it had.
  expect(begin(1, 'POST 0')).toBe('more');
});
