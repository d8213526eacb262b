import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { systemClock } from '../../../dist/base/system-clock.js';
import { type BatchFeatures, type BatchSystem, findBatchSystem } from '../../../dist/net/batched/batch-system.js';
import { batchedNetworkOn } from '../../../dist/net/batched/batched-network.js';
import { realContract, skipOrFail } from '../real-bed.js';

/** Enough to fill the receive buffers of two sockets, 8 MB each. A buffer of many datagrams takes little more memory than these. */
const OVERFLOW_COUNT = 40_000;

const found = findBatchSystem(() => createRequire(import.meta.url)('koffi'));
if ('why' in found) skipOrFail('the contract of ports: real sockets, batches', found.why);
else contracts(found);

function contracts(system: BatchSystem): void {
  realContract('real sockets, batches', batchedNetworkOn(systemClock, system), 2, OVERFLOW_COUNT);

  // An old kernel cannot be had here, but all of its ways round what it lacks can.
  const nothing: BatchFeatures = { canSegment: false, canCoalesce: false, hasTimes: false, hasDrops: false };
  const old = { ...system, features: nothing };
  realContract('real sockets, batches, old kernel', batchedNetworkOn(systemClock, old), 3, OVERFLOW_COUNT);

  it('finds every ability of this kernel that Linux has since 5.0', () => {
    expect(system.features).toEqual({ canSegment: true, canCoalesce: true, hasTimes: true, hasDrops: true });
  });
}
