import type { Prng } from '../../random/prng.js';
import type { Flow, Packet } from '../packet.js';
import type { CoDelOptions } from './codel.js';
import { bitsOf, type Discipline, type Limits } from './discipline.js';
import { FlowQueue } from './flow-queue.js';

export interface FqCodelOptions extends CoDelOptions {
  /** What a queue may send in a round. */
  readonly quantumBytes: number;
  /** Queues that flows are spread over by a hash; two flows in one queue are one flow. */
  readonly flowCount: number;
}

/** Linux drops this many packets at once from the longest queue when there is no room, or half of it (RFC 8290, section 4.1.1). */
const DROP_BATCH = 64;

/**
 * FlowQueue-CoDel (RFC 8290) in front of a link of constant rate. Each flow has a queue of its own (by its source and group, or a
 * unicast flow's name); queues take turns by bytes, those that were empty first; each is kept short by CoDel.
 */
export class FqCodel implements Discipline {
  droppedCount = 0;
  nextUs = Number.POSITIVE_INFINITY;
  readonly #options: FqCodelOptions;
  readonly #prng: Prng;
  /** By hash: at most `flowCount`. */
  readonly #queues = new Map<number, FlowQueue>();
  /** Bounded by the flows of the simulation. */
  readonly #queueOfFlow = new Map<Flow, FlowQueue>();
  /** Queues with packets that were empty before, and the others, each in the order of their turns. */
  readonly #newQueues: FlowQueue[] = [];
  readonly #oldQueues: FlowQueue[] = [];
  #usPerByte: number;
  #queueBytes: number;
  /** Of all queues, without the packet that is being sent. */
  #waitingBytes = 0;
  #sending: Packet | undefined;

  constructor({ rateBitsPerSecond, queueBytes }: Limits, options: FqCodelOptions, prng: Prng) {
    this.#usPerByte = 8e6 / rateBitsPerSecond;
    this.#queueBytes = queueBytes;
    this.#options = options;
    this.#prng = prng;
  }

  get backlogBytes(): number {
    return this.#waitingBytes + (this.#sending?.wireBytes ?? 0);
  }

  offer(packet: Packet, nowUs: number): void {
    const queue = this.#queueOf(packet.flow);
    queue.push(packet, nowUs);
    this.#waitingBytes += packet.wireBytes;
    if (!queue.isActive) {
      queue.isActive = true;
      queue.deficitBytes = this.#options.quantumBytes;
      this.#newQueues.push(queue);
    }
    if (this.#waitingBytes > this.#queueBytes) this.#dropFromLongest();
    if (this.#sending === undefined) this.#startNext(nowUs);
  }

  take(): Packet {
    const packet = this.#sending!;
    this.#startNext(this.nextUs);
    return packet;
  }

  change({ rateBitsPerSecond, queueBytes }: Limits, nowUs: number): void {
    const usPerByte = 8e6 / rateBitsPerSecond;
    // What is left of the packet under way leaves at the new rate.
    if (this.#sending !== undefined) this.nextUs = nowUs + (this.nextUs - nowUs) * (usPerByte / this.#usPerByte);
    this.#usPerByte = usPerByte;
    this.#queueBytes = queueBytes;
  }

  /** What all queues together would take; a flow that has no queue waits less. */
  waitUs(): number {
    return this.backlogBytes * this.#usPerByte;
  }

  capacityBits(fromUs: number, toUs: number): number {
    return bitsOf(8e6 / this.#usPerByte, fromUs, toUs);
  }

  #queueOf(flow: Flow): FlowQueue {
    const known = this.#queueOfFlow.get(flow);
    if (known !== undefined) return known;
    const hash = this.#prng.fork(`${flow.source} ${flow.group} ${flow.port}`).below(this.#options.flowCount);
    const queue = this.#queues.get(hash) ?? new FlowQueue(this.#options);
    this.#queues.set(hash, queue);
    this.#queueOfFlow.set(flow, queue);
    return queue;
  }

  #startNext(nowUs: number): void {
    this.#sending = this.#dequeue(nowUs);
    this.nextUs =
      this.#sending === undefined ? Number.POSITIVE_INFINITY : nowUs + this.#sending.wireBytes * this.#usPerByte;
  }

  /** RFC 8290, section 4.2. */
  #dequeue(nowUs: number): Packet | undefined {
    for (;;) {
      const list = this.#newQueues.length > 0 ? this.#newQueues : this.#oldQueues;
      const queue = list[0];
      if (queue === undefined) return undefined;
      if (queue.deficitBytes <= 0) {
        queue.deficitBytes += this.#options.quantumBytes;
        this.#oldQueues.push(list.shift()!);
        continue;
      }
      const { count, bytes } = queue;
      const packet = queue.dequeue(nowUs);
      this.#waitingBytes -= bytes - queue.bytes;
      this.droppedCount += count - queue.count - (packet === undefined ? 0 : 1);
      if (packet !== undefined) {
        queue.deficitBytes -= packet.wireBytes;
        return packet;
      }
      list.shift();
      // A new queue waits for its turn among the old ones, so that a flow that comes and goes does not always go first.
      if (list === this.#newQueues && this.#oldQueues.length > 0) this.#oldQueues.push(queue);
      else queue.isActive = false;
    }
  }

  #dropFromLongest(): void {
    const longest = [...this.#newQueues, ...this.#oldQueues].reduce((a, b) => (b.bytes > a.bytes ? b : a));
    const most = Math.min(DROP_BATCH, Math.ceil(longest.count / 2));
    for (let i = 0; i < most; i++) {
      this.#waitingBytes -= longest.shift()!.item.wireBytes;
      this.droppedCount++;
    }
  }
}
