import type { Packet } from '../packet.js';
import { Pipe } from '../pipe.js';
import { CoDel, type CoDelOptions, type TimedQueue } from './codel.js';

/** One of the queues of fair queueing, with what it may still send in this round (deficit round robin) and its CoDel. */
export class FlowQueue implements TimedQueue<Packet> {
  bytes = 0;
  /** What it may still send in this round; negative after a packet that was larger than what was left. */
  deficitBytes = 0;
  /** Whether it is in a list of the scheduler. */
  isActive = false;
  readonly #packets = new Pipe();
  readonly #codel: CoDel<Packet>;

  constructor(options: CoDelOptions) {
    this.#codel = new CoDel(options);
  }

  get count(): number {
    return this.#packets.count;
  }

  push(packet: Packet, nowUs: number): void {
    this.#packets.push(packet, nowUs);
    this.bytes += packet.wireBytes;
  }

  shift(): { readonly item: Packet; readonly enqueuedUs: number } | undefined {
    if (this.#packets.count === 0) return undefined;
    const enqueuedUs = this.#packets.nextUs;
    const item = this.#packets.shift();
    this.bytes -= item.wireBytes;
    return { item, enqueuedUs };
  }

  /** The next packet that CoDel lets through. */
  dequeue(nowUs: number): Packet | undefined {
    return this.#codel.dequeue(this, nowUs);
  }
}
