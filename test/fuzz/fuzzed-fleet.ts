import type { KeyObject } from 'node:crypto';
import { DatagramCursor } from '../../dist/base/datagram-cursor.js';
import type { ReceivedBatch } from '../../dist/base/ports.js';
import {
  announcementOf,
  bufferContent,
  type SimulatedObject,
  SimulatedReceiver,
  SimulatedServer,
  simulatedKeys,
  simulatedObject,
  VirtualNetwork,
} from '../../dist/simulate/index.js';
import { addressFromBytes } from '../../dist/wire/address.js';
import { batchOfOne } from '../sender/sent-datagrams.js';
import { CheckingDisk } from '../simulate/disk/checking-disk.js';
import { Mutator } from './mutator.js';

/** Changed datagrams for each genuine one. */
const RATIO = 8;
/** When nobody disturbs any more, a receiver has to be done within so many seconds of virtual time: the alarm, and one pass. */
const RECOVERY_S = 60;

export interface FuzzOutcome {
  readonly datagrams: number;
  /** Files that were completed, all of them right. */
  readonly completed: number;
  /** What receivers counted, by reason. */
  readonly invalid: Readonly<Record<string, number>>;
}

/**
 * Receives an object again and again while somebody answers each genuine datagram with changed ones, until he has sent so many; then nothing
 * disturbs the last receiver. All of it follows from the seed.
 *
 * @throws {Error} if a receiver crashed, ended otherwise than complete, misused its disk, or made a file with a wrong byte
 */
export async function fuzz(seed: string, datagrams: number, code: 'raptorq' | 'none'): Promise<FuzzOutcome> {
  const network = new VirtualNetwork(seed);
  const keys = simulatedKeys(network.prng.fork('keys'));
  const content = bufferContent(network.prng.fork('content').fill(new Uint8Array(400 * 600 - 7)));
  const channels = [1e6, 1e6, 2e6].map((rateBitsPerSecond) => ({ rateBitsPerSecond }));
  const plan = { content, symbolBytes: 600, blockSymbols: 20, channels, code, isSigned: true };
  const object = simulatedObject(plan, keys.privateKey);
  const server = network.addHost({ name: 'server', address: 'fd00:5::1' });
  await new SimulatedServer({ host: server, prng: network.prng.fork('server'), serverIndex: 0 }).publish(object);
  const stranger = new FuzzingStranger(network, object, keys.publicKey, datagrams);
  const invalid: Record<string, number> = {};
  let completed = 0;
  for (; stranger.leftCount > 0 || completed === 0; completed++) {
    const disk = new CheckingDisk({ clock: network.clock, known: () => content });
    const host = network.addHost({ name: `receiver ${completed}`, address: `fd00::${(completed + 10).toString(16)}` });
    const receiver = new SimulatedReceiver({ host, disk, publicKey: keys.publicKey, patienceUs: 3600e6 });
    // As long as he disturbs nothing is promised but that nothing breaks.
    let isDone = false;
    const ended = receiver.done.finally(() => {
      isDone = true;
    });
    ended.catch(() => undefined);
    while (stranger.leftCount > 0 && !isDone) await network.clock.run(network.clock.nowUs + 1e6);
    const complete = await network.clock.until(ended, network.clock.nowUs + RECOVERY_S * 1e6);
    for (const [reason, count] of Object.entries(complete.invalid)) invalid[reason] = (invalid[reason] ?? 0) + count;
    const file = new Uint8Array(content.sizeBytes);
    disk.completed?.read(0, file);
    if (Buffer.compare(file, content.slice(0, content.sizeBytes)) !== 0) throw new Error(`${seed}: a wrong byte`);
    if (disk.violations.length > 0) throw new Error(`${seed}: ${disk.violations.join('; ')}`);
    host.die();
  }
  return { datagrams: datagrams - stranger.leftCount, completed, invalid };
}

/** Hears all groups of an object and sends changed datagrams to them. */
class FuzzingStranger {
  leftCount: number;
  readonly #mutator: Mutator;

  constructor(network: VirtualNetwork, { descriptor }: SimulatedObject, fleetKey: KeyObject, count: number) {
    this.leftCount = count;
    this.#mutator = new Mutator(network.prng.fork('mutator'), fleetKey);
    const hears = network.addHost({ name: 'ear', address: 'fd00:6::1' });
    const sends = network.addHost({ name: 'stranger', address: 'fd00:6::2' });
    const prng = network.prng.fork('groups');
    const places = [
      announcementOf('fleet'),
      ...descriptor.channels.map(({ group, port }) => ({ group: addressFromBytes(group), port })),
    ];
    const destinations = places.map((place) => ({
      ...place,
      interface: undefined,
      hopLimit: 16,
      dscp: 0,
      source: undefined,
    }));
    void Promise.all(destinations.map((destination) => sends.openSender(destination))).then(async (sockets) => {
      const cursor = new DatagramCursor();
      const onBatch = (place: number, batch: ReceivedBatch) => {
        for (cursor.begin(batch); cursor.next(); ) {
          this.#mutator.hear(cursor.bytes.slice(cursor.start, cursor.start + cursor.length));
          for (let i = 0; i < RATIO && this.leftCount > 0; i++) {
            const made = this.#mutator.next();
            if (made === undefined || made.length === 0) continue;
            this.leftCount--;
            // Most to the group where the genuine one was heard.
            void sockets[prng.happens(0.7) ? place : prng.below(sockets.length)]!.send(batchOfOne(made));
          }
        }
      };
      for (const [i, place] of places.entries()) {
        await hears.join({ ...place, interface: undefined, sources: ['fd00:5::1'] }, (batch) => onBatch(i, batch));
      }
    });
  }
}
