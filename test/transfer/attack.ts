import type { SimulatedObject, VirtualHost } from '../../dist/simulate/index.js';
import { addressFromBytes } from '../../dist/wire/address.js';
import { batchOfOne } from '../sender/sent-datagrams.js';
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
      void socket.send(batchOfOne(forge()));
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
