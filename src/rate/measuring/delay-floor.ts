import { MAX_CHANNELS } from '../../base/limits.js';
import type { ListedServer, StreamReading } from './readings.js';

/**
 * The floor is the least delay of this time. Crystal clocks drift by up to 100 ppm, which is 6 ms in it. A queue that never
 * empties for longer than this is taken for delay of the path itself.
 */
const WINDOW_US = 60e6;
const BUCKETS = 6;
/** No delay yet: more than any. */
const NONE = 2 ** 31 - 1;

/** The least delay of one server's datagrams lately. Delay above it is waiting time in queues. */
export class DelayFloor {
  /** Least delay of each bucket that is over. */
  readonly #minima = new Int32Array(BUCKETS).fill(NONE);
  #originUs = 0;
  #epoch = -1;
  #bucket = 0;
  #bucketUs = 0;
  /** Least delay of the present bucket, and of all: thousands of simulated receivers ask for them with every reading. */
  #bucketLeastUs = NONE;
  #leastUs = NONE;

  /**
   * Takes the least delay of a reading and returns how far it is above the floor, in µs.
   *
   * @param delayUs modulo 2^32, as in `StreamReading`.
   * @param epoch when this changes, the server has another clock and the floor starts again.
   */
  add(nowUs: number, delayUs: number, epoch: number): number {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#originUs = delayUs | 0;
      this.#minima.fill(NONE);
      this.#bucketLeastUs = NONE;
      this.#leastUs = NONE;
      this.#bucketUs = nowUs;
    }
    if (nowUs - this.#bucketUs >= WINDOW_US / BUCKETS) this.#turn(nowUs);
    const relativeUs = (delayUs - this.#originUs) | 0;
    if (relativeUs < this.#bucketLeastUs) {
      this.#bucketLeastUs = relativeUs;
      if (relativeUs < this.#leastUs) this.#leastUs = relativeUs;
    }
    return relativeUs - this.#leastUs;
  }

  /** Whether a delay would leave the floor where it is. */
  holds(nowUs: number, delayUs: number, epoch: number): boolean {
    return (
      epoch === this.#epoch &&
      nowUs - this.#bucketUs < WINDOW_US / BUCKETS &&
      ((delayUs - this.#originUs) | 0) >= this.#leastUs
    );
  }

  #turn(nowUs: number): void {
    while (nowUs - this.#bucketUs >= WINDOW_US / BUCKETS) {
      this.#bucketUs = Math.max(this.#bucketUs + WINDOW_US / BUCKETS, nowUs - WINDOW_US);
      this.#minima[this.#bucket] = this.#bucketLeastUs;
      this.#bucketLeastUs = NONE;
      this.#bucket = (this.#bucket + 1) % BUCKETS;
      this.#minima[this.#bucket] = NONE;
    }
    this.#leastUs = Math.min(...this.#minima);
  }
}

/** A server as the history of a path remembers it. */
export interface FlooredServer extends ListedServer<FlooredServer> {
  readonly floor: DelayFloor;
  /** Last known epoch of each channel; undefined while all are 0, as with most servers for ever. */
  epochs: Uint32Array | undefined;
  /** Changes when any of the server's channels restarts. */
  epoch: number;
}

/**
 * The epoch of a server's clock after a reading. Each channel counts its restarts by itself. A channel joined later has seen fewer
 * restarts of the same clock, so only changes count.
 */
export function epochOf(server: FlooredServer, { channelIndex, epoch }: StreamReading): number {
  if (epoch === 0 && server.epochs === undefined) return server.epoch;
  server.epochs ??= new Uint32Array(MAX_CHANNELS);
  server.epoch += epoch - server.epochs[channelIndex]!;
  server.epochs[channelIndex] = epoch;
  return server.epoch;
}
