import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Beacons } from '../../../../dist/simulate/net/discipline/beacons.js';
import { type Arrival, arrivals, isMulticast, play, playStepped, type Stepped } from './played.js';

/** Bytes in a µs; powers of two, so that sums are exact. */
const speeds = fc.constantFrom(0.125, 0.25, 0.5, 1);

/** The oracle: looks at every µs, and sends byte by byte. */
class OracleBeacons implements Stepped {
  readonly #plan: readonly Arrival[];
  readonly #speed: number;
  readonly #queueBytes: number;
  readonly #periodUs: number;
  /** Multicast that came after the last beacon; multicast that may leave; unicast. */
  #held: number[] = [];
  #released: number[] = [];
  #unicast: number[] = [];
  #sending: { readonly index: number; leftBytes: number } | undefined;
  #steppedUs = -1;

  constructor(plan: readonly Arrival[], speed: number, queueBytes: number, periodUs: number) {
    this.#plan = plan;
    this.#speed = speed;
    this.#queueBytes = queueBytes;
    this.#periodUs = periodUs;
  }

  get isEmpty(): boolean {
    return [...this.#held, ...this.#released, ...this.#unicast].length === 0 && this.#sending === undefined;
  }

  arrive(index: number, nowUs: number): boolean {
    const all = [...this.#held, ...this.#released, ...this.#unicast, ...(this.#sending ? [this.#sending.index] : [])];
    const bytes = all.reduce((sum, each) => sum + this.#plan[each]!.bytes, 0);
    if (bytes + this.#plan[index]!.bytes > this.#queueBytes) return false;
    if (!isMulticast(this.#plan[index]!)) this.#unicast.push(index);
    // Who comes together with the beacon is announced by it.
    else if (nowUs % this.#periodUs === 0) this.#released.push(index);
    else this.#held.push(index);
    return true;
  }

  step(nowUs: number): readonly number[] {
    const left: number[] = [];
    if (nowUs > this.#steppedUs) {
      this.#steppedUs = nowUs;
      if (nowUs % this.#periodUs === 0) this.#released.push(...this.#held.splice(0));
      if (this.#sending !== undefined) {
        this.#sending.leftBytes -= this.#speed;
        if (this.#sending.leftBytes <= 0) {
          left.push(this.#sending.index);
          this.#sending = undefined;
        }
      }
    }
    if (this.#sending === undefined) {
      const index = this.#released.shift() ?? this.#unicast.shift();
      if (index !== undefined) this.#sending = { index, leftBytes: this.#plan[index]!.bytes };
    }
    return left;
  }
}

describe('a link with beacons', () => {
  it('lets go and drops what one does that looks at every µs', () => {
    // Multiples of 8 take whole µs at all speeds.
    const plans = arrivals(5).map((plan) => plan.map((each) => ({ ...each, bytes: 8 * Math.ceil(each.bytes / 8) })));
    const sizes = [fc.integer({ min: 1600, max: 12_000 }), fc.constantFrom(1000, 10_240)] as const;
    fc.assert(
      fc.property(plans, speeds, ...sizes, (plan, speed, queueBytes, periodUs) => {
        const link = new Beacons({ rateBitsPerSecond: speed * 8e6, queueBytes }, periodUs);
        expect(play(link, plan)).toEqual(playStepped(new OracleBeacons(plan, speed, queueBytes, periodUs), plan));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps multicast for the next beacon, and sends it before unicast', () => {
    const link = new Beacons({ rateBitsPerSecond: 8e6, queueBytes: 1e6 }, 100_000);
    const multicast = (atUs: number) => ({ atUs, bytes: 1000, flow: 0 });
    const unicast = (atUs: number) => ({ atUs, bytes: 1000, flow: 3 });
    const plan = [
      multicast(1),
      multicast(50_000),
      unicast(60_000),
      unicast(99_500),
      unicast(99_600),
      multicast(100_200),
    ];
    expect(play(link, plan).left).toEqual([
      [2, 61_000],
      [3, 100_500],
      [0, 101_500],
      [1, 102_500],
      [4, 103_500],
      [5, 201_000],
    ]);
  });

  it('sends the rest of a packet at a new rate, and says how long multicast waits', () => {
    const link = new Beacons({ rateBitsPerSecond: 8e6, queueBytes: 1e6 }, 100_000);
    expect(link.waitUs(50)).toBe(0);
    link.offer({ wireBytes: 1000, flow: { group: 'ff15::1', port: 1, source: '' } } as never, 50_000);
    expect(link.waitUs(90_000)).toBe(10_000 + 1000);
    link.change({ rateBitsPerSecond: 4e6, queueBytes: 1e6 }, 90_000);
    expect(link.nextUs).toBe(102_000);
    link.change({ rateBitsPerSecond: 8e6, queueBytes: 1e6 }, 101_000);
    expect(link.nextUs).toBe(101_500);
  });
});
