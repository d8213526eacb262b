import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capabilitiesOf } from '../../dist/base/capabilities.js';
import { DatagramCursor } from '../../dist/base/datagram-cursor.js';
import type { Clock, Membership, Network, ReceivedBatch, SendBatch, SendSocket } from '../../dist/base/ports.js';
import { batchOfOne } from '../sender/sent-datagrams.js';

/** A network to be tested, with the facts that the tests need. */
export interface PortBed {
  readonly network: Network;
  readonly clock: Clock;
  /** A group that no other test on this host uses. */
  readonly group: string;
  readonly interface: string | undefined;
  /** Source addresses: one, or better two. */
  readonly sources: readonly string[];
  /** Very many source addresses; empty where the host does not have them. */
  readonly strangers: readonly string[];
  /** Length of the longest datagram. If `refusesLonger`, a longer datagram is refused with `EMSGSIZE`. */
  readonly maxDatagramBytes: number;
  readonly refusesLonger: boolean;
  /** A number of datagrams of 1232 bytes of which, sent at once, some are dropped; 0 if this network never drops any. */
  readonly overflowCount: number;
  /** Waits for a promise of the network. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** Lets time pass until the condition holds, for some seconds at most. */
  until(isSo: () => boolean): Promise<void>;
  /** Keeps handlers from running for some 20 ms, if a program can do that. */
  block(): void;
}

const PORT = 42_420;

interface Heard {
  readonly bytes: Uint8Array;
  readonly arrivalUs: number;
  readonly handledUs: number;
  readonly sourceId: number;
}

/** The tests that every network port has to pass. A new port only needs a call of this function with its bed. */
export function portContract(name: string, lay: () => PortBed): void {
  describe(`the contract of ports: ${name}`, () => {
    let bed: PortBed;
    let sockets: SendSocket[];
    let memberships: Membership[];

    beforeEach(() => {
      bed = lay();
      sockets = [];
      memberships = [];
    });

    afterEach(async () => {
      for (const socket of sockets) socket.close();
      await bed.settle(Promise.all(memberships.map((membership) => membership.leave())));
    });

    /** Joins the group, and keeps a copy of every datagram. */
    async function listen({
      isTimed = false,
      sources = [] as readonly string[],
      see = (_: ReceivedBatch): void => undefined,
    } = {}) {
      const heard: Heard[] = [];
      const cursor = new DatagramCursor();
      let droppedCount = 0;
      const request = { group: bed.group, port: PORT, interface: bed.interface, sources, isTimed };
      const joining = bed.network.join(request, (batch) => {
        see(batch);
        droppedCount += batch.droppedCount;
        const handledUs = bed.clock.nowUs();
        for (cursor.begin(batch); cursor.next(); ) {
          const { bytes, start, length, arrivalUs, sourceId } = cursor;
          heard.push({ bytes: new Uint8Array(bytes.subarray(start, start + length)), arrivalUs, handledUs, sourceId });
        }
      });
      const membership = await bed.settle(joining);
      memberships.push(membership);
      return { heard, membership, dropped: () => droppedCount };
    }

    async function open(source: string | undefined = bed.sources[0]): Promise<SendSocket> {
      const { group, interface: on } = bed;
      const opening = bed.network.openSender({ group, port: PORT, interface: on, source, hopLimit: 0, dscp: 0 });
      const socket = await bed.settle(opening);
      sockets.push(socket);
      return socket;
    }

    const arrived = (heard: readonly Heard[], count: number) => bed.until(() => heard.length >= count);

    it('delivers datagrams whole and in order: single ones, equal ones in a batch, a shorter one at the end', async () => {
      const { heard } = await listen();
      const socket = await open();
      const batches = [batchOf(5, 20), batchOf(5, 20, 3), batchOf(1, 700), batchOf(2, 1000, 999), batchOf(3, 1)];
      for (const batch of batches) {
        expect(await bed.settle(socket.send(batch))).toEqual({ sentCount: batch.count, failure: undefined });
      }
      await arrived(heard, 16);
      expect(heard.map(({ bytes }) => bytes)).toEqual(batches.flatMap(datagramsOf));
    });

    it('hands over what has arrived before an owner goes on who asks for it, if it can be asked', async () => {
      const { readArrived } = bed.network;
      const { heard } = await listen();
      const socket = await open();
      await bed.settle(socket.send(batchOf(5, 20)));
      // The system may take a while, but nothing else of this thread runs meanwhile.
      for (let i = 0; i < 50 && readArrived !== undefined && heard.length < 5; i++) {
        bed.block();
        readArrived();
      }
      if (readArrived === undefined) await arrived(heard, 5);
      expect(heard.map(({ bytes }) => bytes)).toEqual(datagramsOf(batchOf(5, 20)));
    });

    it('delivers datagrams of length 0 and of the greatest length', async () => {
      const { heard } = await listen();
      const socket = await open();
      const lengths = [0, bed.maxDatagramBytes, 0, 1];
      for (const length of lengths) await bed.settle(socket.send(batchOf(1, length)));
      await arrived(heard, 4);
      expect(heard.map(({ bytes }) => bytes.length)).toEqual(lengths);
      expect(Buffer.compare(heard[1]!.bytes, batchOf(1, bed.maxDatagramBytes).bytes)).toBe(0);
    });

    it('sends batches in the order of the calls, even if these do not wait for each other', async () => {
      const { heard } = await listen();
      const socket = await open();
      const sends = Array.from({ length: 60 }, (_, i) => socket.send(numbered(3 * i, 3)));
      for (const { sentCount } of await bed.settle(Promise.all(sends))) expect(sentCount).toBe(3);
      await arrived(heard, 180);
      expect(heard.map(numberOf)).toEqual(Array.from({ length: 180 }, (_, i) => i));
    });

    it('reads no byte of a batch after the send has resolved', async () => {
      const { heard } = await listen();
      const socket = await open();
      const batch = numbered(0, 8);
      await bed.settle(socket.send(batch));
      batch.bytes.fill(0xff);
      await arrived(heard, 8);
      expect(heard.map(numberOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    });

    it('takes batches as large as its capabilities say', async () => {
      const { maxBatchCount, maxBatchBytes } = capabilitiesOf(bed.network);
      const { heard } = await listen();
      const socket = await open();
      const many = Math.min(maxBatchCount, 500);
      const large = Math.min(maxBatchBytes, 300_000);
      const batches = [batchOf(many, 8), batchOf(Math.min(many, Math.floor(large / 1232)), 1232)];
      for (const batch of batches) {
        expect(await bed.settle(socket.send(batch))).toEqual({ sentCount: batch.count, failure: undefined });
      }
      const datagrams = batches.flatMap(datagramsOf);
      await arrived(heard, datagrams.length);
      expect(heard.map(({ bytes }) => bytes)).toEqual(datagrams);
    });

    it('delivers batches at the edges of what one call can send, and datagrams that the link has to cut', async () => {
      const { maxBatchCount, maxBatchBytes } = capabilitiesOf(bed.network);
      const { heard } = await listen();
      const socket = await open();
      const count = Math.min(maxBatchCount, 64);
      const bytes = Math.min(maxBatchBytes, 65_487);
      const longest = Math.floor(bytes / count);
      // As many bytes as there may be, with a last one that is shorter; and three datagrams of 5000 bytes, longer than packets.
      const fullest = batchOf(count, longest + 1, bytes - (count - 1) * (longest + 1));
      for (const batch of [fullest, batchOf(3, 5000), batchOf(2, 1, 1), batchOf(3, 5000, 1), batchOf(4, 1000, 1)]) {
        heard.length = 0;
        expect(await bed.settle(socket.send(batch))).toEqual({ sentCount: batch.count, failure: undefined });
        await arrived(heard, batch.count);
        expect(heard.map((one) => one.bytes)).toEqual(datagramsOf(batch));
      }
    });

    it('gives arrival times between send and handling, none before that of an earlier datagram', async () => {
      const { heard } = await listen();
      const socket = await open();
      const sentUs: number[] = [];
      for (let i = 0; i < 20; i++) {
        sentUs.push(bed.clock.nowUs());
        await bed.settle(socket.send(batchOf(2, 100)));
        await arrived(heard, 2 * (i + 1) - (i % 3));
      }
      await arrived(heard, 40);
      for (const [i, { arrivalUs, handledUs }] of heard.entries()) {
        expect(arrivalUs).toBeGreaterThanOrEqual(sentUs[Math.floor(i / 2)]!);
        expect(arrivalUs).toBeLessThanOrEqual(handledUs);
        expect(arrivalUs).toBeGreaterThanOrEqual(heard[i - 1]?.arrivalUs ?? 0);
      }
    });

    it('has the system’s arrival times if and only if its capabilities say so', async () => {
      const { heard } = await listen();
      const socket = await open();
      const sending = socket.send(batchOf(1, 100));
      bed.block();
      const blockedUs = bed.clock.nowUs();
      await bed.settle(sending);
      await arrived(heard, 1);
      const { arrivalUs, handledUs } = heard[0]!;
      if (capabilitiesOf(bed.network).hasSystemArrivals) {
        expect(arrivalUs).toBeLessThanOrEqual(blockedUs);
        expect(arrivalUs).toBeLessThan(handledUs);
      } else {
        expect(arrivalUs).toBeGreaterThanOrEqual(blockedUs);
      }
    });

    it('may put several datagrams into a message, but never for a timed membership', async () => {
      const segmentCounts = { joined: [] as number[], timed: [] as number[] };
      const counting = (counts: number[]) => (batch: ReceivedBatch) => {
        for (let i = 0; i < batch.count; i++) {
          const [length, segmentBytes] = [batch.lengths[i]!, batch.segmentBytes[i]!];
          expect(segmentBytes).toBeLessThanOrEqual(length);
          counts.push(length === 0 ? 1 : Math.ceil(length / segmentBytes));
        }
      };
      const joined = await listen({ see: counting(segmentCounts.joined) });
      const timed = await listen({ isTimed: true, see: counting(segmentCounts.timed) });
      const socket = await open();
      await bed.settle(socket.send(batchOf(20, 50, 7)));
      await arrived(joined.heard, 20);
      await arrived(timed.heard, 20);
      expect(segmentCounts.timed).toEqual(new Array(20).fill(1));
      expect(segmentCounts.joined.reduce((sum, count) => sum + count, 0)).toBe(20);
      expect(joined.heard.map(({ bytes }) => bytes)).toEqual(timed.heard.map(({ bytes }) => bytes));
    });

    it('may be timed from some time on and no more after that; every datagram stays whole and in order', async () => {
      const counts: number[] = [];
      const { heard, membership } = await listen({
        see: ({ count, lengths, segmentBytes }) => {
          for (let i = 0; i < count; i++) counts.push(lengths[i]! / segmentBytes[i]!);
        },
      });
      const other = await listen();
      const socket = await open();
      const sends: Promise<unknown>[] = [];
      for (let i = 0; i < 8; i++) {
        // Datagrams wait in the buffer at each change.
        sends.push(socket.send(numbered(20 * i, 20)));
        if (i % 2 === 0) membership.setTimed?.(i % 4 === 0);
        if (i === 4) await arrived(other.heard, 80);
      }
      await bed.settle(Promise.all(sends));
      membership.setTimed?.(true);
      await arrived(heard, 160);
      expect(heard.map(numberOf)).toEqual(Array.from({ length: 160 }, (_, i) => i));
      if (membership.setTimed === undefined) return;
      // The buffer is empty once when this one has come.
      await bed.settle(socket.send(numbered(160, 1)));
      await arrived(heard, 161);
      counts.length = 0;
      await bed.settle(socket.send(numbered(161, 20)));
      await arrived(heard, 181);
      expect(counts).toEqual(new Array(20).fill(1));
    });

    it('joined from some sources hears these alone', async () => {
      const [source = ''] = bed.sources;
      const [all, one, none] = [
        await listen(),
        await listen({ sources: [source] }),
        await listen({ sources: ['2001:db8::77'] }),
      ];
      await bed.settle((await open(source)).send(numbered(0, 30)));
      await arrived(all.heard, 30);
      await arrived(one.heard, 30);
      expect(one.heard.map(numberOf)).toEqual(Array.from({ length: 30 }, (_, i) => i));
      expect(none.heard).toHaveLength(0);
    });

    it('serves many memberships, each with every datagram, and more that join and leave meanwhile', async () => {
      const all = [];
      for (let i = 0; i < 30; i++) all.push(await listen({ isTimed: i % 2 === 0 }));
      const socket = await open();
      for (let i = 0; i < 10; i++) {
        const brief = await listen();
        await bed.settle(socket.send(numbered(10 * i, 10)));
        await bed.settle(brief.membership.leave());
        expect(brief.heard.map(numberOf)).toEqual(Array.from({ length: 10 }, (_, k) => 10 * i + k));
      }
      for (const { heard } of all) await arrived(heard, 100);
      for (const { heard } of all) expect(heard.map(numberOf)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    });

    it('gives a source the same number on all memberships, and the address of a number', async () => {
      const [one, other] = [await listen(), await listen()];
      for (let round = 0; round < 3; round++) {
        for (const source of bed.sources) await bed.settle((await open(source)).send(numbered(0, 2)));
      }
      const count = 3 * 2 * bed.sources.length;
      await arrived(one.heard, count);
      await arrived(other.heard, count);
      const addresses = one.heard.map(({ sourceId }) => bed.network.sourceAddress?.(sourceId));
      expect(addresses).toEqual([0, 1, 2].flatMap(() => bed.sources.flatMap((source) => [source, source])));
      expect(new Set(one.heard.map(({ sourceId }) => sourceId)).size).toBe(bed.sources.length);
      expect(other.heard.map(({ sourceId }) => sourceId)).toEqual(one.heard.map(({ sourceId }) => sourceId));
      for (const { sourceId } of one.heard) expect(Number.isSafeInteger(sourceId) && sourceId >= 0).toBe(true);
      expect(bed.network.sourceAddress?.(-1)).toBeUndefined();
    });

    // Real hosts have too few addresses to play strangers.
    const hasStrangers = lay().strangers.length > 0;
    const title = 'keeps the numbers of sources, however many strangers send, and does not remember all strangers';
    if (hasStrangers)
      it(title, async () => {
        const { heard } = await listen();
        const servers = bed.sources.slice(0, 2);
        for (const source of [...servers, ...bed.strangers, ...servers]) {
          const socket = await open(source);
          await bed.settle(socket.send(numbered(0, 1)));
          socket.close();
        }
        await arrived(heard, 2 * servers.length + bed.strangers.length);
        const ids = heard.map(({ sourceId }) => sourceId);
        expect(ids.slice(-2)).toEqual(ids.slice(0, 2));
        expect(new Set(ids.slice(0, 2)).size).toBe(2);
        expect(ids.slice(0, 2).map((id) => bed.network.sourceAddress?.(id))).toEqual(servers);
        const remembered =
          new Set(ids).size - [...new Set(ids)].filter((id) => !bed.network.sourceAddress?.(id)).length;
        expect(remembered).toBeLessThan(bed.strangers.length / 2);
      });

    it('delivers every datagram that arrived before `leave`, and none that arrives after', async () => {
      const { heard, membership } = await listen();
      const other = await listen();
      const socket = await open();
      // A port reads fewer at a time (libuv reads 32), and no network here drops any of this many.
      const count = 200;
      const batchCount = Math.min(count, capabilitiesOf(bed.network).maxBatchCount);
      const sends: Promise<unknown>[] = [];
      for (let first = 0; first < count; first += batchCount) {
        sends.push(socket.send(numbered(first, Math.min(batchCount, count - first))));
      }
      await bed.settle(Promise.all(sends));
      await bed.settle(membership.leave());
      expect(heard.map(numberOf)).toEqual(Array.from({ length: count }, (_, i) => i));
      await bed.settle(socket.send(numbered(count, 1)));
      await arrived(other.heard, count + 1);
      expect(heard).toHaveLength(count);
      await bed.settle(membership.leave());
    });

    it('rejects a join or a sender on a missing interface with UNKNOWN_INTERFACE', async () => {
      const { group } = bed;
      const unknown = { group, port: PORT, interface: 'none0' };
      const joining = bed.network.join({ ...unknown, sources: [] }, () => undefined);
      await expect(bed.settle(joining)).rejects.toMatchObject({ code: 'UNKNOWN_INTERFACE' });
      const opening = bed.network.openSender({ ...unknown, source: undefined, hopLimit: 0, dscp: 0 });
      await expect(bed.settle(opening)).rejects.toMatchObject({ code: 'UNKNOWN_INTERFACE' });
    });

    it('counts the datagrams that the system refuses, and gives the reason; a send never rejects', async () => {
      const { heard } = await listen();
      const socket = await open();
      if (bed.refusesLonger) {
        const result = await bed.settle(socket.send(batchOfOne(new Uint8Array(bed.maxDatagramBytes + 1))));
        expect(result).toEqual({ sentCount: 0, failure: 'EMSGSIZE' });
      }
      expect(await bed.settle(socket.send(numbered(0, 2)))).toEqual({ sentCount: 2, failure: undefined });
      await arrived(heard, 2);
      socket.close();
      const result = await bed.settle(socket.send(numbered(2, 3)));
      expect(result).toEqual({ sentCount: 0, failure: expect.any(String) });
      expect(heard).toHaveLength(2);
    });

    it('counts every dropped datagram, in batches or in total as its capabilities say', async () => {
      const { overflowCount, network } = bed;
      // A network that drops nothing has nothing to count.
      if (overflowCount === 0) return;
      const { heard, dropped } = await listen();
      const { hasDropsInBatches, maxBatchCount } = capabilitiesOf(network);
      const droppedBefore = network.dropped?.() ?? 0;
      const socket = await open();
      const count = Math.min(40, maxBatchCount);
      const batch = batchOf(count, 1232);
      const sends: Promise<unknown>[] = [];
      for (let sent = 0; sent < overflowCount; sent += count) sends.push(socket.send(batch));
      await bed.settle(Promise.all(sends));
      const droppedCount = () => (hasDropsInBatches ? dropped() : (network.dropped?.() ?? 0) - droppedBefore);
      const sentCount = sends.length * count;
      // Batches tell of a drop with a later datagram. So whenever nothing more has come, another datagram follows.
      const probes: Promise<unknown>[] = [];
      let lastCount = -1;
      await bed.until(() => {
        if (heard.length === lastCount) probes.push(socket.send(batchOf(1, 1)));
        lastCount = heard.length;
        return heard.at(-1)?.bytes.length === 1;
      });
      await bed.settle(Promise.all(probes));
      const allCount = () => sentCount + probes.length;
      await bed.until(() => heard.length + droppedCount() >= allCount());
      expect(heard.length + droppedCount()).toBe(allCount());
      expect(droppedCount()).toBeGreaterThan(0);
      expect(hasDropsInBatches || dropped() === 0).toBe(true);
    });
  });
}

/** Datagrams of equal length, the last with a length of its own if that is given. All bytes differ from their neighbours. */
function batchOf(count: number, datagramBytes: number, lastBytes = datagramBytes): SendBatch {
  const bytes = Uint8Array.from({ length: (count - 1) * datagramBytes + lastBytes }, (_, i) => (i * 31) % 251);
  return { count, bytes, datagramBytes };
}

/** Datagrams of two bytes each, which contain a number. */
function numbered(first: number, count: number): SendBatch {
  const bytes = new Uint8Array(2 * count);
  for (let i = 0; i < count; i++) bytes.set([(first + i) >>> 8, (first + i) & 255], 2 * i);
  return { count, bytes, datagramBytes: 2 };
}

function numberOf({ bytes }: Heard): number {
  return bytes[0]! * 256 + bytes[1]!;
}

function datagramsOf({ count, bytes, datagramBytes }: SendBatch): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, i) => bytes.slice(i * datagramBytes, (i + 1) * datagramBytes));
}
