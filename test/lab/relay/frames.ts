import type { Flow } from '../../../dist/simulate/net/packet.js';

export const ethernetBytes = 14;
const etherTypeIpv6 = 0x86dd;
const icmpv6 = 58;
const hopByHop = 0;
/** Bytes that tell flows apart: both addresses and, of UDP and TCP, both ports. */
const [flowAt, flowEnd] = [ethernetBytes + 8, ethernetBytes + 44];
/** Flows told apart; packets of later ones count as one flow. */
const maxFlows = 4096;

/** Whether a frame is ICMPv6: MLD, which has a hop-by-hop option, and neighbour discovery. */
export function isIcmp(frame: Buffer): boolean {
  if (frame.length < flowEnd || frame.readUInt16BE(12) !== etherTypeIpv6) return false;
  const next = frame[ethernetBytes + 6];
  return next === icmpv6 || (next === hopByHop && frame[ethernetBytes + 40] === icmpv6);
}

/** Finds the flow of a frame: the same object for all packets from one address and port to another. */
export class Flows {
  readonly #known = new Map<string, Flow>();
  /** What has no ports, and flows beyond the bound. */
  readonly #others: Flow = { source: 'others', group: 'others', port: 0 };

  of(frame: Buffer): Flow {
    if (frame.length < flowEnd) return this.#others;
    const key = frame.toString('latin1', flowAt, flowEnd);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size === maxFlows) return this.#others;
    const flow = {
      source: `${addressAt(frame, flowAt)}.${frame.readUInt16BE(flowEnd - 4)}`,
      group: addressAt(frame, flowAt + 16),
      port: frame.readUInt16BE(flowEnd - 2),
    };
    this.#known.set(key, flow);
    return flow;
  }
}

/** All eight parts of an IPv6 address, with leading zeros. */
function addressAt(frame: Buffer, at: number): string {
  return frame.toString('hex', at, at + 16).replace(/(....)(?=.)/g, '$1:');
}
