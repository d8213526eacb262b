import type { StreamReading } from '../rate/readings.js';
import { StreamMeter } from '../rate/stream-meter.js';
import { DatagramType, Flag } from '../wire/header.js';
import type { HostClock } from './host-clock.js';
import { headerOf, type Packet } from './packet.js';

/** What everybody heard who has joined the same channels, since the last reading. */
export interface SharedReading {
  readonly readings: readonly StreamReading[];
  readonly symbolCount: number;
  readonly receivedCount: number;
  readonly lostCount: number;
  readonly wireBytes: number;
}

interface MeteredStream {
  readonly serverIndex: number;
  readonly meter: StreamMeter;
  symbolCount: number;
  reading: StreamReading | undefined;
}

/** Measures what comes to one place once, for all who listen there. */
export class SharedMeters {
  readonly #clock: HostClock;
  /** By channel, what each server sends on it: bounded by the scenario's servers. */
  readonly #streams: MeteredStream[][] = [];
  /** By channels, as bits. Readings are the same objects each time, but which there are changes. */
  readonly #shared = new Map<number, SharedReading>();

  constructor(clock: HostClock) {
    this.#clock = clock;
  }

  observe(packet: Packet, atUs: number): void {
    const header = headerOf(packet);
    if (header === undefined) return;
    const stream = this.#streamOf(header.serverIndex, header.channelIndex);
    const { flags } = header;
    const isTrain = (flags & Flag.train) !== 0;
    stream.meter.observe(header, isTrain, (flags & Flag.preview) !== 0, packet.wireBytes, this.#clock.at(atUs));
    if (header.type === DatagramType.symbol) stream.symbolCount++;
  }

  /** Nobody had joined a channel until now. */
  resume(channel: number): void {
    for (const { meter } of this.#streams[channel] ?? []) meter.interrupt();
  }

  /** Ends a tick: what was counted until now is what `of` tells from now on. */
  read(): void {
    this.#shared.clear();
    for (const streams of this.#streams) {
      if (streams === undefined) continue;
      for (const stream of streams) stream.reading = stream.meter.read();
    }
  }

  /** Begins the next tick. */
  clear(): void {
    for (const streams of this.#streams) {
      if (streams === undefined) continue;
      for (const stream of streams) stream.symbolCount = 0;
    }
  }

  /** @param channelMask bit i for channel i. */
  of(channelMask: number): SharedReading {
    const known = this.#shared.get(channelMask);
    if (known !== undefined) return known;
    const heard = this.#streams.filter((_, channel) => ((channelMask >>> channel) & 1) === 1).flat();
    const readings = heard.flatMap(({ reading }) => reading ?? []);
    const sum = (of: (reading: StreamReading) => number) => readings.reduce((total, reading) => total + of(reading), 0);
    const shared = {
      readings,
      symbolCount: heard.reduce((total, { symbolCount }) => total + symbolCount, 0),
      receivedCount: sum(({ receivedCount }) => receivedCount),
      lostCount: sum(({ lostCount }) => lostCount),
      wireBytes: sum(({ wireBytes }) => wireBytes),
    };
    this.#shared.set(channelMask, shared);
    return shared;
  }

  #streamOf(serverIndex: number, channel: number): MeteredStream {
    let streams = this.#streams[channel];
    if (streams === undefined) {
      streams = [];
      this.#streams[channel] = streams;
    }
    for (const stream of streams) if (stream.serverIndex === serverIndex) return stream;
    const meter = new StreamMeter(serverIndex, channel);
    const stream = { serverIndex, meter, symbolCount: 0, reading: undefined };
    streams.push(stream);
    return stream;
  }
}
