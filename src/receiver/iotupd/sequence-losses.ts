import { deleteOldest } from '../../base/delete-oldest.js';

/** Most streams that are told apart; the one that came first is forgotten. Strangers can send from any number of addresses. */
const MAX_STREAMS = 1024;
/** A longer gap means another server at the same address, or one that was started anew, and not so many losses. */
const MAX_GAP = 4096;

/**
 * Counts lost frames of iotupd by their sequence numbers, which begin at 0 and count modulo 2^16. A stream is what one address sends to one
 * group: frames name no server, and the network does not tell ports, so two servers at one address are counted as one.
 */
export class SequenceLosses {
  lostCount = 0;
  /** The highest sequence number of each stream. */
  readonly #last = new Map<number, number>();

  /** Begins anew with all streams, because frames were not listened to for a while. */
  forget(): void {
    this.#last.clear();
  }

  /** @param stream a whole number for the source's address and the group */
  take(stream: number, sequence: number): void {
    const last = this.#last.get(stream);
    if (last === undefined) {
      if (this.#last.size >= MAX_STREAMS) deleteOldest(this.#last);
      this.#last.set(stream, sequence);
      return;
    }
    const ahead = (sequence - last) & 0xffff;
    // A frame that was overtaken counts as lost, so that a stream cannot gain from repeating itself.
    if (ahead >= 0x8000 && ahead > 0x10000 - MAX_GAP) return;
    if (ahead > 0 && ahead <= MAX_GAP) this.lostCount += ahead - 1;
    this.#last.set(stream, sequence);
  }
}
