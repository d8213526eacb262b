import type { HeaderFault } from '../wire/header.js';

/** Why a datagram was not used. No fault is an error: anybody can send anything to a group. */
export type DatagramFault =
  | HeaderFault
  /** The datagram belongs to another object or another version. */
  | 'otherObject'
  /** Sizes, code or channel differ from those in the descriptor. */
  | 'contradiction'
  /** The object has no such block, symbol or payload length. */
  | 'outOfRange'
  /** The datagram names a server that signed wrong symbols, or one that cannot prove what it sends although that is needed. */
  | 'untrusted'
  /** A genuine run record says that the server sent another datagram with this number. */
  | 'forged'
  /** No run record proved the symbol, while somebody forged some or its number fitted nothing. */
  | 'unproven'
  /** A run record is malformed, or the server did not sign it. */
  | 'run'
  /** The block digests do not lead to the signed root. */
  | 'digests'
  /** The pieces of a record do not fit together, or the record holds no descriptor. */
  | 'record'
  /** Another key signed the record, or nobody signed it. */
  | 'signature'
  /** More new records arrived than this host checks. */
  | 'flood';

/** How many datagrams had each fault; faults that never occurred are absent. */
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
