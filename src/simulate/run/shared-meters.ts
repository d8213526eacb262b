import { OutageWatch } from '../../rate/measuring/outage-watch.js';
import { type ReadingSums, type StreamReading, sumsOf } from '../../rate/measuring/readings.js';
import { StreamMeter } from '../../rate/measuring/stream-meter.js';
import { DatagramType, Flag } from '../../wire/header.js';
import type { HostClock } from '../clock/host-clock.js';
import { headerOf, type Packet } from '../net/packet.js';

/** What arrived since the last reading for all members that have joined the same channels. */
export interface SharedReading {
  readonly readings: readonly StreamReading[];
  readonly sums: ReadingSums;
  readonly symbolCount: number;
  readonly lostCount: number;
}

interface MeteredStream {
  readonly serverIndex: number;
  readonly meter: StreamMeter;
  /** Symbols that arrived since the last reading. */
  newSymbolCount: number;
  /** Symbols of the last reading. */
  symbolCount: number;
  reading: StreamReading;
}

/** Measures the streams that arrive at one node, once for all receivers there. */
export class SharedMeters {
  readonly #clock: HostClock;
  /** By channel, one entry for each server that sends on it: bounded by the servers of the scenario. */
  readonly #streams: MeteredStream[][];
  /** By server, one for each server of the scenario. */
  readonly #outages: OutageWatch[] = [];
  /** Sums of the last reading, by channel mask. */
  readonly #shared = new Map<number, SharedReading>();

  constructor(clock: HostClock, channelCount: number) {
    this.#clock = clock;
    this.#streams = Array.from({ length: channelCount }, () => []);
  }

  /** Takes a datagram of a channel. */
  observe(packet: Packet, atUs: number): void {
    const header = headerOf(packet);
    if (header === undefined) return;
    const { serverIndex } = header;
    this.#outages[serverIndex] ??= new OutageWatch();
    const outages = this.#outages[serverIndex];
    const stream = this.#streamOf(serverIndex, header.channelIndex, outages);
    const { flags } = header;
    const isTrain = (flags & Flag.train) !== 0;
    const hostUs = this.#clock.at(atUs);
    outages.heard(hostUs, header.sendTimeUs);
    stream.meter.observe(header, isTrain, (flags & Flag.preview) !== 0, packet.wireBytes, hostUs);
    if (header.type === DatagramType.symbol) stream.newSymbolCount++;
  }

  /** To be called when a channel is joined that no member had joined until now. */
  resume(channel: number): void {
    for (const { meter } of this.#streams[channel]!) meter.resume(this.#clock.nowUs());
  }

  /** Ends a reading: until the next one, `of` returns what arrived before this call. */
  read(): void {
    this.#shared.clear();
    for (const streams of this.#streams) {
      for (const stream of streams) {
        stream.reading = stream.meter.read();
        stream.symbolCount = stream.newSymbolCount;
        stream.newSymbolCount = 0;
      }
    }
  }

  /** @param channelMask bit i for channel i. */
  of(channelMask: number): SharedReading {
    const known = this.#shared.get(channelMask);
    if (known !== undefined) return known;
    const readings: StreamReading[] = [];
    let [symbolCount, lostCount] = [0, 0];
    for (let channel = 0; channel < this.#streams.length; channel++) {
      if (((channelMask >>> channel) & 1) === 0) continue;
      for (const stream of this.#streams[channel]!) {
        readings.push(stream.reading);
        symbolCount += stream.symbolCount;
        lostCount += stream.reading.lostCount;
      }
    }
    const sums = sumsOf(readings);
    const shared = { readings, sums, symbolCount, lostCount };
    this.#shared.set(channelMask, shared);
    return shared;
  }

  #streamOf(serverIndex: number, channel: number, outages: OutageWatch): MeteredStream {
    const streams = this.#streams[channel]!;
    for (const stream of streams) if (stream.serverIndex === serverIndex) return stream;
    const meter = new StreamMeter(serverIndex, channel, outages);
    const stream = { serverIndex, meter, newSymbolCount: 0, symbolCount: 0, reading: meter.read() };
    streams.push(stream);
    return stream;
  }
}
