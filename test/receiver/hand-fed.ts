import type { MembershipRequest, Network, ReceivedBatch } from '../../dist/base/ports.js';
import { FixedPolicy } from '../../dist/rate/fixed-policy.js';
import { FaultCounters } from '../../dist/receiver/counters.js';
import type { WarningEvent } from '../../dist/receiver/events.js';
import { Tally } from '../../dist/receiver/tally.js';
import { Transfer } from '../../dist/receiver/transfer.js';
import { HostClock, type SimulatedObject } from '../../dist/simulate/index.js';
import { addressFromBytes } from '../../dist/wire/address.js';
import type { DiskOptions } from '../simulate/disk/checking-disk.js';
import { Bed } from '../transfer/bed.js';
import { batchFrom } from './datagrams.js';

export interface HandFedOptions extends Pick<DiskOptions, 'readUs' | 'flushUs' | 'restoreUs'> {
  readonly membershipUs?: number;
  /** The object; 40 symbols in 5 blocks if left out. */
  readonly object?: (bed: Bed) => SimulatedObject;
}

/** A fetch whose datagrams the test hands over one by one. */
export function handFed({ membershipUs = 1000, object: make, ...diskOptions }: HandFedOptions = {}) {
  const bed = new Bed('hand-fed');
  const { clock: virtual } = bed.network;
  const object = make?.(bed) ?? bed.object(40, { blockSymbols: 8 });
  const disk = bed.disk(diskOptions);
  const clock = new HostClock(virtual);
  const handlers = new Map<string, (batch: ReceivedBatch) => void>();
  const calls: string[] = [];
  const network: Network = {
    openSender: () => Promise.reject(new Error('receivers do not send')),
    async join(request: MembershipRequest, onBatch) {
      calls.push('join');
      handlers.set(request.group, onBatch);
      await pause();
      return {
        isStale: false,
        async leave() {
          calls.push('leave');
          await pause();
        },
      };
    },
  };
  const pause = () => new Promise<void>((resolve) => virtual.at(virtual.nowUs + membershipUs, resolve));
  const warnings: WarningEvent['code'][] = [];
  const start = async () => {
    const fetch = new Transfer({
      descriptor: object.descriptor,
      store: await disk.openStore(object.descriptor),
      policyOf: () => new FixedPolicy([0], [1e6]),
      interface: undefined,
      faults: new FaultCounters(),
      tally: new Tally(),
      clock,
      network,
      onDescriptor: () => undefined,
      onJoin: () => undefined,
      onLeave: () => undefined,
      onWarning: ({ code }) => warnings.push(code),
    });
    return fetch;
  };
  const feed = (datagram: Uint8Array, sourceId = 1) => {
    const batch = batchFrom({ arrivalUs: clock.nowUs(), sourceId }, datagram);
    handlers.get(addressFromBytes(object.descriptor.channels[0]!.group))!(batch);
  };
  return { bed, object, disk, calls, warnings, start, feed };
}
