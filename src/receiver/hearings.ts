import { OutageWatch } from '../rate/measuring/outage-watch.js';
import type { StreamReading } from '../rate/measuring/readings.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { Header } from '../wire/header.js';
import { RunRecords } from '../wire/runs.js';
import type { FaultCounters } from './counters.js';
import { Hearing } from './hearing.js';
import type { Alarm } from './runs/alarm.js';
import { type KnownKeys, UNPROVEN } from './runs/known-keys.js';
import { type RunSink, StreamRuns } from './runs/stream-runs.js';
import { Fate, type WaitingRing } from './runs/waiting-ring.js';

/**
 * Streams whose runs are kept: servers that send an object, times joined channels. With 70 kB for each, and 0.9 MB of symbols that wait for
 * their proof while somebody forges, strangers who claim to be every server of a large fleet get no more.
 */
const MAX_PROVEN_STREAMS = 256;
/** When there is no room, a stream of which nothing was proven yet makes some, this often at most: to look for one takes some 10 µs. */
const MAKE_ROOM_US = 10_000;

/** What becomes of symbols that wait for their proof; entries are those of the ring. */
export interface ProofSink {
  /** A genuine record lists the symbol's datagram. */
  readonly prove: (ring: WaitingRing, entry: number, keyNumber: number) => void;
  /** No record came; `isNear` if its number fits what was proven last. */
  readonly giveUp: (ring: WaitingRing, entry: number, isNear: boolean) => void;
}

/**
 * What has been heard of each stream (a channel of a server), which of it run records prove, and what rate control may measure of it: at once
 * while nobody forges, and only what is proven while somebody does.
 */
export class Hearings {
  /** The ring and entry in which `hear` has put the last datagram of a stream with a key. */
  ring: WaitingRing | undefined;
  entry = 0;
  readonly #keys: KnownKeys;
  readonly #alarm: Alarm;
  readonly #faults: FaultCounters;
  readonly #descriptor: Descriptor;
  readonly #symbols: ProofSink;
  readonly #records = new RunRecords();
  #provenStreamCount = 0;
  #madeRoomUs = Number.NEGATIVE_INFINITY;
  /**
   * 1 for each server of which any datagram has been proven. Before, nothing of it is measured: a forger who is there from the start would
   * spoil the first measurements.
   */
  readonly #isServerProven = new Uint8Array(256);
  /** The present time, as far as datagrams and ticks tell. */
  #nowUs = 0;
  /**
   * By serverIndex · 256 + channelIndex. Servers that the descriptor does not name count too: the fleet may have added them
   * since. One byte names a server, so there are at most 256 hearings for each channel.
   */
  readonly #byStream = new Map<number, Hearing>();
  readonly #readings: StreamReading[] = [];

  constructor(keys: KnownKeys, alarm: Alarm, faults: FaultCounters, descriptor: Descriptor, symbols: ProofSink) {
    this.#keys = keys;
    this.#alarm = alarm;
    this.#faults = faults;
    this.#descriptor = descriptor;
    this.#symbols = symbols;
  }

  [Symbol.iterator](): Iterator<Hearing> {
    return this.#byStream.values();
  }

  has(header: Readonly<Header>): boolean {
    return this.#byStream.has(keyOfStream(header));
  }

  /** Forgets all hearings: the object is sent in another way from now on, so sequences begin anew. */
  forget(): void {
    this.#byStream.clear();
    this.#provenStreamCount = 0;
  }

  /** Does what is due without a datagram. */
  tick(nowUs: number): void {
    this.#nowUs = nowUs;
    for (const { runs } of this.#byStream.values()) runs?.tick(nowUs);
  }

  /** Begins to measure all streams anew, as `Hearing.measureAnew`. */
  measureAnew(): void {
    for (const hearing of this.#byStream.values()) hearing.measureAnew(this.#nowUs);
  }

  /** When a datagram of the object last arrived on a channel, from any server; undefined if never. */
  lastHeardOn(channelIndex: number): number | undefined {
    let lastUs: number | undefined;
    for (const hearing of this.#byStream.values()) {
      if (hearing.channelIndex === channelIndex) lastUs = Math.max(lastUs ?? 0, hearing.lastHeardUs);
    }
    return lastUs;
  }

  /** Notes that a channel is joined anew, of one server or of all: datagrams that were sent in between do not count as lost. */
  resume(nowUs: number, channelIndex: number, server: number | undefined): void {
    for (const hearing of this.#byStream.values()) {
      const isMeant = hearing.channelIndex === channelIndex && (server ?? hearing.serverIndex) === hearing.serverIndex;
      if (isMeant) hearing.resume(nowUs);
    }
  }

  /** One reading for each joined stream, since the last call. The next call uses the same array. */
  read(isJoined: (channelIndex: number, serverIndex: number) => boolean): readonly StreamReading[] {
    this.#readings.length = 0;
    for (const hearing of this.#byStream.values()) {
      if (isJoined(hearing.channelIndex, hearing.serverIndex)) this.#readings.push(hearing.read());
    }
    return this.#readings;
  }

  /**
   * Counts a datagram as heard on its stream. What a server with a key sends is noted until its record proves it, and measured at once only if
   * its number fits and nobody forges.
   *
   * @param key the number of the key with which the server signs what it sends on this channel, or `UNPROVEN`
   */
  hear(
    header: Readonly<Header>,
    bytes: Uint8Array,
    start: number,
    length: number,
    arrivalUs: number,
    hasOwnArrival: boolean,
    key: number,
  ): Hearing {
    this.#nowUs = arrivalUs;
    const hearing = this.#hearingOf(header, arrivalUs, key);
    hearing.outages.heard(arrivalUs, header.sendTimeUs);
    const { runs } = hearing;
    if (runs === undefined) {
      if (key !== UNPROVEN) return hearing;
      hearing.measure(header, length, arrivalUs, hasOwnArrival);
      hearing.lastHeardUs = arrivalUs;
      return hearing;
    }
    const isNear = runs.isNear(header.sequence);
    this.entry = runs.note(header, bytes, start, length, arrivalUs, hasOwnArrival, isNear);
    this.ring = isNear ? runs.near : runs.far;
    if (!isNear) return hearing;
    hearing.lastHeardUs = arrivalUs;
    if (this.#alarm.isOn || this.#isServerProven[header.serverIndex] === 0) return hearing;
    this.ring.fates[this.entry]! |= Fate.measured;
    hearing.measure(header, length, arrivalUs, hasOwnArrival);
    return hearing;
  }

  #hearingOf(header: Readonly<Header>, arrivalUs: number, key: number): Hearing {
    const { serverIndex, channelIndex } = header;
    let hearing = this.#byStream.get(keyOfStream(header));
    if (hearing === undefined) {
      hearing = new Hearing(serverIndex, channelIndex, arrivalUs, this.#outagesOf(serverIndex));
      this.#byStream.set(keyOfStream(header), hearing);
    }
    const number = hearing.runs?.keyNumber ?? UNPROVEN;
    if (number === key) return hearing;
    if (number !== UNPROVEN) this.#provenStreamCount--;
    hearing.runs = this.#runsFor(serverIndex, channelIndex, key);
    return hearing;
  }

  #outagesOf(server: number): OutageWatch {
    for (const { serverIndex, outages } of this.#byStream.values()) if (serverIndex === server) return outages;
    return new OutageWatch();
  }

  #runsFor(serverIndex: number, channelIndex: number, keyNumber: number): StreamRuns | undefined {
    if (keyNumber === UNPROVEN) return undefined;
    if (this.#provenStreamCount >= MAX_PROVEN_STREAMS) this.#makeRoom();
    if (this.#provenStreamCount >= MAX_PROVEN_STREAMS) return undefined;
    this.#provenStreamCount++;
    const stream = { serverIndex, channelIndex, keyNumber };
    const { symbolBytes, channels } = this.#descriptor;
    // A channel that the descriptor does not name may have been added since.
    const datagramsPerSecond = 1e6 / (channels[channelIndex]?.intervalUs ?? Number.POSITIVE_INFINITY);
    const key = this.#keys.keyOf(keyNumber);
    return new StreamRuns(stream, datagramsPerSecond, key, symbolBytes, this.#records, this.#sink);
  }

  /** Forgets the runs of the stream that was heard least recently of those that may be a stranger's. */
  #makeRoom(): void {
    if (this.#nowUs - this.#madeRoomUs < MAKE_ROOM_US) return;
    this.#madeRoomUs = this.#nowUs;
    let idle: Hearing | undefined;
    for (const hearing of this.#byStream.values()) {
      const mayGo = hearing.runs?.isProven === false;
      if (mayGo && hearing.lastHeardUs < (idle?.lastHeardUs ?? Number.POSITIVE_INFINITY)) idle = hearing;
    }
    if (idle === undefined) return;
    idle.runs = undefined;
    this.#provenStreamCount--;
  }

  readonly #sink: RunSink = {
    onProven: (runs, ring, entry, mayMeasure) => {
      this.#isServerProven[runs.serverIndex] = 1;
      if (mayMeasure) this.#measure(runs, ring, entry, ring.hasOwnArrival(entry));
      this.#symbols.prove(ring, entry, runs.keyNumber);
    },
    onForged: (runs, ring, entry) => {
      this.#faults.count('forged');
      if ((ring.fates[entry]! & Fate.measured) !== 0) this.#unmeasure(runs, ring.arrivalsUs[entry]!);
      this.#alarm.noteForgery(this.#nowUs);
    },
    onUnproven: (_runs, ring, entry, isNear) => this.#symbols.giveUp(ring, entry, isNear),
    onStray: (runs, ring, entry) => {
      if ((ring.fates[entry]! & Fate.measured) !== 0) this.#unmeasure(runs, ring.arrivalsUs[entry]!);
    },
    onStale: (runs) => this.#unmeasure(runs, this.#nowUs),
    onPassed: (runs, ring, entry) => this.#measure(runs, ring, entry, false),
    onFault: (fault) => this.#faults.count(fault),
  };

  /** Counts a datagram for rate control, unless that was done when it arrived. */
  #measure(runs: StreamRuns, ring: WaitingRing, entry: number, hasOwnArrival: boolean): void {
    if ((ring.fates[entry]! & Fate.measured) !== 0) return;
    ring.fates[entry]! |= Fate.measured;
    this.#byStream.get(keyOfStream(runs))?.measureWaiting(ring, entry, hasOwnArrival);
  }

  /**
   * Begins to measure all streams of a server anew, because a datagram that was measured was not the server's: beside a forged time, all of them
   * seem late, also when the stream on which it came has been left meanwhile.
   */
  #unmeasure({ serverIndex }: StreamRuns, arrivalUs: number): void {
    for (const hearing of this.#byStream.values()) {
      if (hearing.serverIndex === serverIndex) hearing.unmeasure(arrivalUs, this.#nowUs);
    }
  }
}

function keyOfStream({ serverIndex, channelIndex }: Pick<Header, 'serverIndex' | 'channelIndex'>): number {
  return serverIndex * 256 + channelIndex;
}
