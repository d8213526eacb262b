import type { Discipline } from '../../../dist/simulate/net/discipline/discipline.js';
import { LossModel, type LossOptions, lossInBursts } from '../../../dist/simulate/net/loss.js';
import type { Packet } from '../../../dist/simulate/net/packet.js';
import { Pipe } from '../../../dist/simulate/net/pipe.js';
import type { Prng } from '../../../dist/simulate/random/prng.js';
import { ethernetBytes, Flows, isIcmp } from './frames.js';
import type { RelayLoss } from './relay-options.js';

/** Most packets on the way after the queue: 2 s at 100 Mbit/s. */
const maxUnderWay = 20_000;

/**
 * One direction of a relay: a queue and its service, losses, and a delay. It has no clock and no sockets. Its time begins with the
 * first packet that is not ICMPv6, so that a trace begins when a transfer begins; ICMPv6 before that passes at once.
 */
export class RelayedLink {
  passedPackets = 0;
  passedBytes = 0;
  lostPackets = 0;
  /** How much later than they should packets were handed over, at most and in sum: the process had to wait for the processor. */
  lateMaxUs = 0;
  lateSumUs = 0;
  readonly #discipline: Discipline | undefined;
  readonly #loss: LossModel;
  readonly #delayUs: number;
  readonly #flows = new Flows();
  readonly #underWay = new Pipe();
  #acceptedPackets = 0;
  #overflowPackets = 0;
  #beginUs: number | undefined;

  /** @param discipline without one, packets pass at once */
  constructor(
    discipline: Discipline | undefined,
    { loss, delayMs = 0 }: { readonly loss?: RelayLoss | undefined; readonly delayMs?: number | undefined },
    prng: Prng,
  ) {
    this.#discipline = discipline;
    this.#loss = new LossModel(lossOptions(loss), prng);
    this.#delayUs = delayMs * 1000;
  }

  get droppedPackets(): number {
    return (this.#discipline?.droppedCount ?? 0) + this.#overflowPackets;
  }

  get waitingPackets(): number {
    return this.#acceptedPackets - this.passedPackets - (this.#discipline?.droppedCount ?? 0);
  }

  get waitingBytes(): number {
    return this.#discipline?.backlogBytes ?? 0;
  }

  /** When the next packet arrives at the far end or leaves the queue; infinite when none is here. */
  get nextUs(): number {
    const leavesUs = (this.#discipline?.nextUs ?? Number.POSITIVE_INFINITY) + (this.#beginUs ?? 0);
    return Math.min(leavesUs, this.#underWay.nextUs);
  }

  /** Takes a frame with its Ethernet header. The caller must not write to it any more. */
  offer(frame: Buffer, nowUs: number): void {
    this.#depart(nowUs);
    const packet = {
      flow: this.#flows.of(frame),
      buffer: frame,
      start: 0,
      length: frame.length,
      wireBytes: frame.length - ethernetBytes,
      header: undefined,
    };
    this.#acceptedPackets++;
    if (!isIcmp(frame)) this.#beginUs ??= nowUs;
    if (this.#discipline === undefined || this.#beginUs === undefined) this.#leave(packet, nowUs);
    else this.#discipline.offer(packet, nowUs - this.#beginUs);
  }

  /** Hands over the frames that have arrived at the far end, in their order. */
  release(nowUs: number, send: (frame: Uint8Array) => void): void {
    this.#depart(nowUs);
    while (this.#underWay.nextUs <= nowUs) {
      const lateUs = nowUs - this.#underWay.nextUs;
      this.lateMaxUs = Math.max(this.lateMaxUs, lateUs);
      this.lateSumUs += lateUs;
      send(this.#underWay.shift().buffer);
    }
  }

  /** Takes out of the queue what has left it. */
  #depart(nowUs: number): void {
    const discipline = this.#discipline;
    if (discipline === undefined || this.#beginUs === undefined) return;
    while (discipline.nextUs + this.#beginUs <= nowUs) {
      const leftUs = discipline.nextUs + this.#beginUs;
      this.#leave(discipline.take(), leftUs);
    }
  }

  #leave(packet: Packet, leftUs: number): void {
    this.passedPackets++;
    this.passedBytes += packet.wireBytes;
    if (!isIcmp(packet.buffer as Buffer) && this.#loss.loses()) this.lostPackets++;
    else if (this.#underWay.count === maxUnderWay) this.#overflowPackets++;
    else this.#underWay.push(packet, leftUs + this.#delayUs);
  }
}

function lossOptions(loss: RelayLoss | undefined): LossOptions {
  if (loss === undefined || loss.burstPackets <= 1) return loss?.ratio ?? 0;
  return lossInBursts(loss.ratio, loss.burstPackets);
}
