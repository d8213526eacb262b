import type { Packet } from '../packet.js';

/** What a link's rate and queue are; both can change while packets wait. */
export interface Limits {
  /** Counting whole IPv6 packets. */
  readonly rateBitsPerSecond: number;
  /** Most bytes that wait. */
  readonly queueBytes: number;
}

/**
 * A service discipline: decides which packets a link drops, and in which order and when the others leave. It has no clock. Its
 * owner takes out every packet that leaves by some time before it offers a packet that arrives at that time, so a discipline may
 * decide as late as it likes, and costs no event of its own.
 */
export interface Discipline {
  /** Packets dropped so far: those refused, and those dropped while they waited. */
  readonly droppedCount: number;
  /** Bytes that wait or are being sent. */
  readonly backlogBytes: number;
  /** When the next packet leaves, unless something changes before; infinite when none waits. */
  readonly nextUs: number;
  /** Takes a packet that arrives now, or drops it. */
  offer(packet: Packet, nowUs: number): void;
  /** Takes out the packet that leaves at `nextUs`. */
  take(): Packet;
  /** New limits from now on. Packets that wait leave as the new limits allow. */
  change(limits: Limits, nowUs: number): void;
  /** About how long a packet that arrives now would wait. */
  waitUs(nowUs: number): number;
  /** What the link could carry between two times, in bits. */
  capacityBits(fromUs: number, toUs: number): number;
}

/** Bits that a rate carries between two times. */
export function bitsOf(rateBitsPerSecond: number, fromUs: number, toUs: number): number {
  return (rateBitsPerSecond * (toUs - fromUs)) / 1e6;
}
