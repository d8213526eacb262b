import { expect } from 'vitest';
import type { Destination, Network } from '../../dist/base/ports.js';
import { Broadcast } from '../../dist/sender/broadcast.js';
import type { BroadcastObject } from '../../dist/sender/broadcast-object.js';
import { Publication } from '../../dist/sender/publication.js';
import { SourceSymbols } from '../../dist/sender/source-symbols.js';
import { ContentSource, type ObjectPlan, type SimulatedObject, type VirtualHost } from '../../dist/simulate/index.js';
import { objectTag } from '../../dist/wire/descriptor.js';
import { ANNOUNCEMENT_CHANNEL, DatagramType, newHeader, readHeader } from '../../dist/wire/header.js';
import { Bed, MEGABIT } from '../transfer/bed.js';
import { datagramsIn } from './sent-datagrams.js';

export const INTERVAL_US = 200_000;

/** An object made for the rig, with the source that it is read from and the number of times it was released. */
export interface RigObject {
  readonly sent: BroadcastObject;
  readonly object: SimulatedObject;
  readonly source: ContentSource;
  readonly label: string;
  releaseCount: number;
}

interface SentDatagram {
  readonly atUs: number;
  readonly channel: string;
  readonly tag: string;
  readonly flags: number;
}

/** A broadcast on a simulated host. The host's network checks every datagram that it is given. */
export class BroadcastRig {
  readonly bed: Bed;
  readonly host: VirtualHost;
  readonly broadcast: Broadcast;
  readonly objects: RigObject[] = [];
  readonly losses: { readonly label: string; readonly error: unknown }[] = [];
  readonly data: SentDatagram[] = [];
  readonly announcements: SentDatagram[] = [];
  /** Groups whose datagrams the network refuses. */
  readonly refusedGroups = new Set<string>();
  readonly networkEvents: { readonly group: string; readonly failure: string | undefined }[] = [];
  readonly pauses: { readonly group: string; readonly pausedFor: readonly string[] }[] = [];
  /** The rules that datagrams have broken. */
  readonly violations: string[] = [];
  readonly #network: Network;
  readonly #next = new Map<string, number>();
  readonly #ended = new Map<string, Set<number>>();
  readonly #header = newHeader();

  constructor(title: string) {
    this.bed = new Bed(title);
    this.host = this.bed.host('server');
    this.#network = {
      join: () => Promise.reject(new Error('senders do not join')),
      openSender: (destination) => this.#open(destination),
    };
    const prng = this.bed.network.prng.fork('sequences');
    this.broadcast = new Broadcast(
      { clock: this.host.clock, network: this.#network, random: () => prng.next() },
      {
        onLoss: (sent, error) => this.losses.push({ label: this.#labelOf(sent), error }),
        onNetwork: (_object, _channel, group, failure) => this.networkEvents.push({ group, failure }),
        onPause: (_object, _channel, group, pausedFor) => this.pauses.push({ group, pausedFor }),
      },
    );
  }

  get nowUs(): number {
    return this.bed.network.clock.nowUs;
  }

  /** Makes an object on some of the groups ff15::a0, ff15::a1, …, with 100 datagrams a second on each. */
  object(
    name: string,
    version: number,
    groups: readonly number[],
    readUs = 0,
    plan: Partial<ObjectPlan> = {},
  ): RigObject {
    const channels = groups.map((group) => ({ rateBitsPerSecond: MEGABIT, group: `ff15::a${group}` }));
    const content = this.bed.bytes(20_000, `${name} ${version}`);
    const object = this.bed.object(0, { object: name, version, content, channels, ...plan });
    const source = new ContentSource(content, this.host.clock, readUs);
    const publication = new Publication(object.descriptor, object.record, object.blockDigests, 0);
    const made: RigObject = {
      object,
      source,
      label: `${name} ${version}`,
      releaseCount: 0,
      sent: {
        name,
        publication,
        symbols: new SourceSymbols(source, publication.geometry),
        channels: groups.map((group, index) => ({ index, destination: destinationOf(`ff15::a${group}`) })),
        release: async () => {
          made.releaseCount++;
        },
      },
    };
    this.objects.push(made);
    return made;
  }

  announceAt(rateBitsPerSecond = 256_000, group = 'ff15::f'): Promise<void> {
    return this.broadcast.announceAt({
      targets: [{ destination: destinationOf(group), slowdown: 1 }],
      pace: { intervalUs: INTERVAL_US, rateBitsPerSecond },
    });
  }

  /** Waits until a promise is settled, for a second of virtual time at most. */
  async settle(promise: Promise<unknown>): Promise<void> {
    await this.bed.network.clock.until(promise, this.nowUs + 1e6);
  }

  /** Labels of the objects on the air. */
  get onAir(): readonly string[] {
    return this.broadcast.objects.map((sent) => this.#labelOf(sent));
  }

  expectSafe(): void {
    expect(this.violations).toEqual([]);
    const channels = this.broadcast.objects.flatMap((sent) => sent.channels.map((one) => one.destination.group));
    expect(channels).toEqual([...new Set(channels)]);
  }

  async #open(destination: Destination) {
    const socket = await this.host.openSender(destination);
    return {
      close: () => socket.close(),
      send: (batch: Parameters<typeof socket.send>[0]) => {
        if (this.refusedGroups.has(destination.group)) return Promise.resolve({ sentCount: 0, failure: 'ENODEV' });
        for (const datagram of datagramsIn([batch])) this.#look(destination.group, datagram);
        return socket.send(batch);
      },
    };
  }

  #look(group: string, datagram: Uint8Array): void {
    const header = this.#header;
    readHeader(datagram, 0, datagram.length, header);
    const tag = `${header.tagHigh}-${header.tagLow}`;
    const isAnnouncement = header.channelIndex === ANNOUNCEMENT_CHANNEL;
    (isAnnouncement ? this.announcements : this.data).push({
      atUs: this.nowUs,
      channel: group,
      tag,
      flags: header.flags,
    });
    this.#lookAtSequence(group, header.sequence);
    if (isAnnouncement) {
      if (!this.broadcast.objects.some((sent) => tagOfRecord(sent) === tag)) this.#violate(`${group} announces ${tag}`);
    } else if (header.type === DatagramType.symbol) {
      const owner = this.broadcast.objects.find((sent) => tagOf(sent, this) === tag);
      const owns = owner?.channels.some(({ destination }) => destination.group === group) ?? false;
      if (!owns) this.#violate(`${group} carries ${tag}`);
    }
  }

  /** A channel either continues its sequence or begins another. It never continues a sequence that has ended. */
  #lookAtSequence(group: string, sequence: number): void {
    const next = this.#next.get(group);
    const ended = this.#ended.get(group) ?? new Set();
    this.#ended.set(group, ended);
    if (next !== undefined && sequence !== next) ended.add(next);
    if (sequence !== next && ended.has(sequence)) this.#violate(`${group}: two sequences`);
    this.#next.set(group, (sequence + 1) % 2 ** 32);
  }

  #violate(what: string): void {
    this.violations.push(`${(this.nowUs / 1e6).toFixed(3)} ${what}`);
  }

  #labelOf(sent: BroadcastObject): string {
    return this.objects.find((made) => made.sent === sent)!.label;
  }
}

export function destinationOf(group: string): Destination {
  return { group, port: 4242, interface: undefined, source: undefined, hopLimit: 1, dscp: 0 };
}

/** Tag of the datagrams that announce an object. */
export function tagOfRecord({ publication }: BroadcastObject): string {
  const header = newHeader();
  readHeader(publication.announcement[0]!, 0, publication.announcement[0]!.length, header);
  return `${header.tagHigh}-${header.tagLow}`;
}

/** Tag of an object's symbols. Datagrams of its record have another tag. */
function tagOf(sent: BroadcastObject, rig: BroadcastRig): string {
  const { descriptor } = rig.objects.find((made) => made.sent === sent)!.object;
  return symbolTag(descriptor);
}

function symbolTag(descriptor: SimulatedObject['descriptor']): string {
  const tag = Buffer.from(objectTag(descriptor));
  return `${tag.readUInt32BE(0)}-${tag.readUInt32BE(4)}`;
}
