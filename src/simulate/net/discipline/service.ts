/** How a link with one queue serves the packet at its head: a token bucket, bursts, a trace. Times are in µs and may be fractions. */
export interface Service {
  /** When a packet has left that has been at the head of the queue since `readyUs`, which no earlier departure is after. */
  departureUs(bytes: number, readyUs: number): number;
  /** That packet leaves at `departureUs(bytes, readyUs)`. */
  serve(bytes: number, readyUs: number): void;
  /** Whether a packet of that size can ever leave. */
  fits(bytes: number): boolean;
  change(rateBitsPerSecond: number, nowUs: number): void;
  /** What could leave between two times, in bits. */
  capacityBits(fromUs: number, toUs: number): number;
}
