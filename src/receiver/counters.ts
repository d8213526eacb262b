import type { HeaderFault } from '../wire/header.js';

/** Why a datagram was not used. None of these is an error: the network may bring anything. */
export type DatagramFault =
  | HeaderFault
  /** Of an object or a version that is not wanted. */
  | 'otherObject'
  /** Sizes, code, server or channel are not what the descriptor says. */
  | 'contradiction'
  /** A block, symbol or payload length that the object does not have. */
  | 'outOfRange'
  /** From an address that had a part in blocks that were wrong. */
  | 'untrusted'
  /** Block digests that do not lead to the signed root. */
  | 'digests'
  /** A descriptor in pieces that do not fit together, or that is none. */
  | 'record'
  /** A descriptor that somebody else's key signed, or nobody's. */
  | 'signature'
  /** More new descriptors at once than one host should check. */
  | 'flood';

/** How many datagrams had each fault; reasons that never occurred are absent. */
export class FaultCounters {
  readonly #counts = new Map<DatagramFault, number>();
  total = 0;

  count(fault: DatagramFault): void {
    this.total++;
    this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + 1);
  }

  get(fault: DatagramFault): number {
    return this.#counts.get(fault) ?? 0;
  }

  byReason(): Readonly<Partial<Record<DatagramFault, number>>> {
    return Object.fromEntries(this.#counts);
  }
}
