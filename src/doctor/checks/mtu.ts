import { PACKET_OVERHEAD_BYTES } from '../../base/limits.js';
import { failure, type Judgement, ok } from '../finding.js';
import type { HostFacts } from '../host-facts.js';

/** Whether the interface carries the fleet's packets. */
export function mtu({ link, needs: { symbolBytes } }: HostFacts): readonly Judgement[] {
  if (link?.mtuBytes === undefined) return [];
  const { name, mtuBytes } = link;
  const packetBytes = symbolBytes + PACKET_OVERHEAD_BYTES;
  const sizes = `packets have ${packetBytes} bytes (symbolBytes: ${symbolBytes}), and ${name} carries ${mtuBytes}`;
  if (mtuBytes >= packetBytes) return [ok(sizes)];
  return [
    failure(
      sizes,
      'Multicast has no path MTU discovery: the system refuses larger packets.',
      `ip link set dev ${name} mtu ${packetBytes}, or "symbolBytes: ${mtuBytes - PACKET_OVERHEAD_BYTES}" in the fleet file`,
    ),
  ];
}
