import type { SimulatedObject, VirtualHost } from '../../dist/simulate/index.js';
import { addressFromBytes } from '../../dist/wire/address.js';
import { batchOf } from '../receiver/datagrams.js';
import type { Bed } from './bed.js';

/**
 * Somebody without a key who can send to the groups: one datagram each `intervalUs`, made by `forge`.
 *
 * @param source address that he gives for his own.
 */
export function attack(
  bed: Bed,
  place: { readonly group: string; readonly port: number },
  intervalUs: number,
  forge: () => Uint8Array,
  source?: string,
): VirtualHost {
  const host = bed.host(`attacker ${place.group}`);
  void host.openSender({ ...place, interface: undefined, source, hopLimit: 16, dscp: 0 }).then((socket) => {
    const send = () => {
      const { buffers, lengths } = batchOf(forge());
      void socket.send({ count: 1, bytes: buffers[0]!, strideBytes: buffers[0]!.length, lengths });
      host.clock.schedule(host.clock.nowUs() + intervalUs, send);
    };
    send();
  });
  return host;
}

export function dataGroupOf({ descriptor }: SimulatedObject, channel = 0) {
  const { group, port } = descriptor.channels[channel]!;
  return { group: addressFromBytes(group), port };
}
