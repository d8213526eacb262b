import { expect } from 'vitest';
import type { CompleteEvent, ReceiverStats } from '../../dist/receiver/events.js';
import {
  announcementOf,
  bufferContent,
  type Content,
  type HostOptions,
  type LinkOptions,
  type ObjectPlan,
  type ServerOptions,
  type SimulatedObject,
  SimulatedReceiver,
  type SimulatedReceiverOptions,
  SimulatedServer,
  simulatedKeys,
  simulatedObject,
  type VirtualHost,
  VirtualNetwork,
} from '../../dist/simulate/index.js';
import { type Descriptor, NO_CODE } from '../../dist/wire/descriptor.js';
import { CheckingDisk, type DiskOptions } from '../simulate/disk/checking-disk.js';
import { seed } from '../simulate/seed.js';

/** Symbols and whole packets of 10,000 bit: at 1 Mbit/s, a hundred symbols a second. */
export const SYMBOL_BYTES = 1154;
export const MEGABIT = 1e6;

export interface ReceiverPlan extends Partial<Omit<SimulatedReceiverOptions, 'host' | 'disk' | 'publicKey'>> {
  readonly name?: string;
  readonly host?: Partial<HostOptions>;
  readonly disk?: CheckingDisk;
}

/** A receiver whose disk checks how it is used. */
export type BedReceiver = SimulatedReceiver & { readonly disk: CheckingDisk };

/** Servers, receivers and a network between them, for plans of described steps in virtual time. */
export class Bed {
  readonly network: VirtualNetwork;
  readonly keys;
  readonly #contents = new Map<string, Content>();
  #addressCount = 0;

  constructor(title: string) {
    this.network = new VirtualNetwork(`${seed}/${title}`);
    this.keys = simulatedKeys(this.network.prng.fork('keys'));
  }

  get nowS(): number {
    return this.network.clock.nowUs / 1e6;
  }

  /** The group on which the fleet announces its objects. */
  get announcement() {
    return announcementOf('fleet');
  }

  /** Random bytes; the same for the same label. */
  bytes(sizeBytes: number, label = 'content'): Content {
    return bufferContent(this.network.prng.fork(label).fill(new Uint8Array(sizeBytes)));
  }

  /** An object of so many symbols of `SYMBOL_BYTES`, on one channel of 1 Mbit/s unless told otherwise. */
  object(symbolCount: number, plan: Partial<ObjectPlan> = {}, key = this.keys.privateKey): SimulatedObject {
    const content = plan.content ?? this.bytes(symbolCount * SYMBOL_BYTES);
    const channels = [{ rateBitsPerSecond: MEGABIT }];
    const object = simulatedObject({ symbolBytes: SYMBOL_BYTES, blockSymbols: 64, channels, ...plan, content }, key);
    this.#contents.set(Buffer.from(object.descriptor.sha256).toString('hex'), content);
    return object;
  }

  host(name: string, options: Partial<HostOptions> = {}): VirtualHost {
    return this.network.addHost({ name, address: `fd00::${(++this.#addressCount).toString(16)}`, ...options });
  }

  server(serverIndex = 0, options: Partial<ServerOptions> & { readonly link?: LinkOptions; address?: string } = {}) {
    const { link, address = `fd00:5::${serverIndex + 1}`, ...rest } = options;
    const host = rest.host ?? this.host(`server ${serverIndex}`, { up: link, address });
    const prng = this.network.prng.fork(`sequences ${serverIndex} ${this.network.clock.nowUs}`);
    return new SimulatedServer({ prng, serverIndex, ...rest, host });
  }

  disk(options: Partial<DiskOptions> = {}): CheckingDisk {
    const known = ({ sha256 }: Descriptor) => this.#contents.get(Buffer.from(sha256).toString('hex'));
    return new CheckingDisk({ clock: this.network.clock, known, ...options });
  }

  receiver({ name = 'receiver', host, disk = this.disk(), ...options }: ReceiverPlan = {}): BedReceiver {
    const receiverHost = this.host(name, { scrubs: true, ...host });
    return new SimulatedReceiver({
      publicKey: this.keys.publicKey,
      ...options,
      host: receiverHost,
      disk,
    }) as BedReceiver;
  }

  /** Lets virtual time pass. */
  async pass(seconds: number): Promise<void> {
    await this.network.clock.run(this.network.clock.nowUs + seconds * 1e6);
  }

  /** What the receiver resolves with, within so many seconds from now. */
  async completion(receiver: SimulatedReceiver, withinSeconds: number): Promise<CompleteEvent> {
    return this.network.clock.until(receiver.done, this.network.clock.nowUs + withinSeconds * 1e6);
  }

  /** The code of the error that the receiver ends with, within so many seconds from now. */
  async failure(receiver: SimulatedReceiver, withinSeconds: number): Promise<unknown> {
    const ended = receiver.done.then(
      () => 'complete',
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    );
    return this.network.clock.until(ended, this.network.clock.nowUs + withinSeconds * 1e6);
  }
}

/**
 * The bytes on disk are the object's, the disk was used as it may be, and each byte was counted once.
 *
 * @param hadOthers whether the run received other versions, or this one in other pieces, before: its counts are of all.
 */
export function expectSafe(
  receiver: BedReceiver,
  object: SimulatedObject,
  complete: CompleteEvent,
  hadOthers = false,
): void {
  const { content, descriptor } = object;
  expect(receiver.disk.violations).toEqual([]);
  expect(complete.sha256).toBe(Buffer.from(descriptor.sha256).toString('hex'));
  expect(complete.bytes).toBe(content.sizeBytes);
  const file = new Uint8Array(content.sizeBytes);
  receiver.disk.completed?.read(0, file);
  expect(Buffer.compare(file, content.slice(0, content.sizeBytes))).toBe(0);
  // Of a coded object, symbols that are spare or longer than the object's last count with their own length.
  if (hadOthers || complete.rejectedBlocks > 0 || descriptor.fecEncodingId !== NO_CODE) return;
  const missingBytes = content.sizeBytes - complete.resumedBytes - newBytesOf(complete, object);
  // What was dropped is counted in whole symbols; the object's last may be short.
  const shortBytes = (descriptor.symbolBytes - (content.sizeBytes % descriptor.symbolBytes)) % descriptor.symbolBytes;
  if (complete.droppedDatagrams === 0 || shortBytes === 0) expect(missingBytes).toBe(0);
  else expect([missingBytes % shortBytes, missingBytes >= 0]).toEqual([0, true]);
}

/** Bytes that a run added to the object, from its counters; payloads that the disk did not take must not be among them. */
export function newBytesOf(stats: ReceiverStats, { descriptor }: SimulatedObject): number {
  expect(stats.droppedDatagrams * descriptor.symbolBytes).toBeLessThanOrEqual(stats.payloadBytes);
  return stats.payloadBytes - stats.duplicateBytes - stats.droppedDatagrams * descriptor.symbolBytes;
}

/**
 * So many passes bring every one of `symbolCount` symbols at an independent loss of `lossRatio`, but for one run in 10,000:
 * a symbol misses n passes with probability p^n, and there are `symbolCount` of them.
 */
export function passesAt(lossRatio: number, symbolCount: number): number {
  return lossRatio === 0 ? 1 : Math.ceil(Math.log(symbolCount * 10_000) / -Math.log(lossRatio));
}

/** Seconds for one pass over so many symbols at 1 Mbit/s, with the records that ride along. */
export function passSeconds(symbolCount: number): number {
  return symbolCount / 100 / 0.96;
}
