import { describe, expect, it } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import type { Destination, Network, NetworkCapabilities, SendBatch, SendResult } from '../../dist/base/ports.js';
import { SenderChannel } from '../../dist/sender/channel.js';
import { SenderDriver } from '../../dist/sender/driver.js';
import { Publication } from '../../dist/sender/publication.js';
import { SourceSymbols } from '../../dist/sender/source-symbols.js';
import type { TimedSending } from '../../dist/sender/timed-sending.js';
import { Transmission } from '../../dist/sender/transmission.js';
import { ContentSource, HostClock } from '../../dist/simulate/index.js';
import { DatagramType, newHeader, readHeader } from '../../dist/wire/header.js';
import { Bed, SYMBOL_BYTES } from '../transfer/bed.js';
import { datagramsIn } from './sent-datagrams.js';

/** A sender with a network that records the datagrams it is given, and can refuse datagrams or be slow. */
function rig({
  intervalsUs = [1000],
  readUs = 0,
  sendUs = 0,
  symbolCount = 100,
  missingBytes = 0,
  capabilities = {} as Partial<NetworkCapabilities>,
} = {}) {
  const bed = new Bed('sender rig');
  const virtual = bed.network.clock;
  const clock = new HostClock(virtual);
  const object = bed.object(0, { content: bed.bytes(symbolCount * SYMBOL_BYTES - missingBytes) });
  const publication = new Publication(object.descriptor, object.record, object.blockDigests, 0);
  const source = new ContentSource(object.content, clock, readUs);
  const batchSizes: number[] = [];
  const sent: { readonly atUs: number; readonly group: string; readonly datagram: Uint8Array }[] = [];
  const state = {
    refuses: undefined as string | undefined,
    openCount: 0,
    closedCount: 0,
    touchedCount: 0,
    refusesOpen: false,
  };
  const network: Network = {
    capabilities,
    join: () => Promise.reject(new Error('senders do not join')),
    async openSender({ group }: Destination) {
      if (state.refusesOpen) throw new LayercastError('NETWORK_UNAVAILABLE', 'refused');
      state.openCount++;
      return {
        async send(batch: SendBatch): Promise<SendResult> {
          batchSizes.push(batch.count);
          const datagrams = datagramsIn([batch]).map((datagram) => datagram.slice());
          if (sendUs > 0) await new Promise<void>((resolve) => virtual.at(virtual.nowUs + sendUs, resolve));
          if (state.refuses !== undefined) return { sentCount: 0, failure: state.refuses };
          // The sender must not change the bytes while the system has them.
          for (const [i, datagram] of datagrams.entries()) {
            if (Buffer.compare(datagramsIn([batch])[i]!, datagram) !== 0) state.touchedCount++;
            sent.push({ atUs: virtual.nowUs, group, datagram });
          }
          return { sentCount: batch.count, failure: undefined };
        },
        close: () => {
          state.closedCount++;
        },
      };
    },
  };
  const failures: unknown[] = [];
  const networkEvents: (string | undefined)[] = [];
  const transmissions = intervalsUs.map((intervalUs, i) => {
    const destination = { group: `ff15::${i}`, port: 4242, interface: undefined, source: undefined };
    return new Transmission(
      new SenderChannel(publication.carousel(0, 0)!, intervalUs, clock.nowUs(), 0),
      { ...destination, hopLimit: 1, dscp: 0 },
      new SourceSymbols(source, publication.geometry),
      { clock, network },
      { onFailure: (error) => failures.push(error), onNetwork: (failure) => networkEvents.push(failure) },
    );
  });
  const driver = new SenderDriver(clock);
  const start = async () => {
    await virtual.until(Promise.all(transmissions.map((transmission) => transmission.open())), 1e6);
    for (const transmission of transmissions) driver.add(transmission);
  };
  return { bed, object, source, sent, batchSizes, state, failures, networkEvents, transmissions, driver, start };
}

describe('the sending driver', () => {
  it('keeps each channel at its own rate, with one timer for all', async () => {
    const { bed, sent, start } = rig({ intervalsUs: [1000, 333.3, 70_000, 50] });
    await start();
    await bed.pass(1);
    const counts = [0, 1, 2, 3].map((i) => sent.filter(({ group }) => group === `ff15::${i}`).length);
    const expected = [1001, 3001, 15, 20_001];
    for (const [i, count] of counts.entries()) expect(Math.abs(count - expected[i]!)).toBeLessThanOrEqual(1);
  });

  it('sends the object’s own bytes behind each header, through any number of passes', async () => {
    const { bed, object, sent, start } = rig({ intervalsUs: [100], symbolCount: 77, readUs: 300 });
    await start();
    await bed.pass(0.05);
    const symbols = sent.filter(({ datagram }) => {
      const header = newHeader();
      readHeader(datagram, 0, datagram.length, header);
      return header.type === DatagramType.symbol;
    });
    expect(symbols.length).toBeGreaterThan(300);
    for (const [i, { datagram }] of symbols.entries()) {
      const expected = object.content.slice((i % 77) * SYMBOL_BYTES, SYMBOL_BYTES);
      expect(Buffer.compare(datagram.subarray(HEADER_BYTES), expected)).toBe(0);
    }
  });

  it('sends a short last symbol at its own length, and the following symbol whole', async () => {
    const { bed, object, sent, start } = rig({ intervalsUs: [100], symbolCount: 10, missingBytes: 7 });
    await start();
    await bed.pass(0.05);
    const header = newHeader();
    const symbols = sent.filter(({ datagram }) => {
      expect(readHeader(datagram, 0, datagram.length, header)).toBeUndefined();
      return header.type === DatagramType.symbol;
    });
    expect(symbols.length).toBeGreaterThan(400);
    for (const [i, { datagram }] of symbols.entries()) {
      const offset = (i % 10) * SYMBOL_BYTES;
      const length = Math.min(SYMBOL_BYTES, object.content.sizeBytes - offset);
      expect(Buffer.compare(datagram.subarray(HEADER_BYTES), object.content.slice(offset, length))).toBe(0);
    }
  });

  it('keeps batches within the limits of the network, which change neither datagrams nor times', async () => {
    const plan = { intervalsUs: [50], symbolCount: 33, missingBytes: 7 };
    const [whole, cut] = [rig(plan), rig({ ...plan, capabilities: { maxBatchCount: 3, maxBatchBytes: 3000 } })];
    for (const { bed, start, state } of [whole, cut]) {
      await start();
      await bed.pass(0.02);
      // While the network is down, every batch is counted as refused. Its datagrams are not sent later.
      state.refuses = 'ENETDOWN';
      await bed.pass(0.01);
      state.refuses = undefined;
      await bed.pass(0.02);
    }
    expect(Math.max(...cut.batchSizes)).toBeLessThanOrEqual(Math.floor(3000 / (HEADER_BYTES + SYMBOL_BYTES)));
    expect(cut.sent).toEqual(whole.sent);
    const [one, other] = [whole.transmissions[0]!, cut.transmissions[0]!];
    expect([other.refusedCount, other.channel.sentBytes]).toEqual([one.refusedCount, one.channel.sentBytes]);
    expect(cut.networkEvents).toEqual(['ENETDOWN', undefined]);
  });

  it('neither changes a batch nor sends another while the system has the batch', async () => {
    const { bed, sent, state, start } = rig({ intervalsUs: [100], sendUs: 980 });
    await start();
    await bed.pass(1);
    // A burst of 10 each ms: the send of one has just ended when the next is due.
    expect(sent.length).toBeGreaterThan(9980);
    expect(state.touchedCount).toBe(0);
    const header = newHeader();
    const sequences = sent.map(({ datagram }) => {
      readHeader(datagram, 0, datagram.length, header);
      return header.sequence;
    });
    expect(sequences).toEqual(sequences.map((_, i) => i));
  });

  it('adds and removes channels without a gap in the others', async () => {
    const { bed, sent, driver, transmissions, start } = rig({ intervalsUs: [1000, 700] });
    await start();
    await bed.pass(0.5);
    driver.remove(transmissions[1]!);
    await bed.pass(0.5);
    const gaps = (group: string) => {
      const times = sent.filter((one) => one.group === group).map(({ atUs }) => atUs);
      return { count: times.length, longest: Math.max(...times.slice(1).map((atUs, i) => atUs - times[i]!)) };
    };
    expect(gaps('ff15::0')).toEqual({ count: 1001, longest: 1000 });
    expect(gaps('ff15::1').count).toBe(715);
    driver.close();
    const before = sent.length;
    await bed.pass(1);
    expect(sent.length).toBe(before);
  });

  it('looks at each of a thousand channels a few times when all are removed, not at each for each', async () => {
    const bed = new Bed('a thousand');
    const driver = new SenderDriver(new HostClock(bed.network.clock));
    let lookCount = 0;
    const sending = (): TimedSending => ({
      get burstGapUs() {
        lookCount++;
        return 1000;
      },
      nextDueUs: 1e6,
      begin: () => undefined,
      pump: () => undefined,
      close: () => undefined,
    });
    const sendings = Array.from({ length: 1000 }, sending);
    for (const one of sendings) driver.add(one);
    await bed.pass(0.001);
    for (const one of sendings.slice(500)) driver.remove(one);
    driver.close();
    expect(lookCount).toBeLessThan(5 * sendings.length);
  });

  it('asks nothing of a channel that was removed, though the time of its next datagram had been set', async () => {
    const bed = new Bed('removed');
    const driver = new SenderDriver(new HostClock(bed.network.clock));
    const asked: string[] = [];
    const sendingOf = (name: string): TimedSending => {
      let dueUs = 0;
      return {
        burstGapUs: 1000,
        get nextDueUs() {
          return dueUs;
        },
        begin: (nowUs) => {
          dueUs = nowUs + 1000;
        },
        pump: (nowUs) => {
          asked.push(name);
          dueUs = nowUs + 1000;
        },
        close: () => undefined,
      };
    };
    const [removed, other] = [sendingOf('removed'), sendingOf('other')];
    driver.add(removed);
    driver.add(other);
    await bed.pass(0.0025);
    expect(new Set(asked)).toEqual(new Set(['removed', 'other']));
    driver.remove(removed);
    asked.length = 0;
    await bed.pass(0.005);
    expect(new Set(asked)).toEqual(new Set(['other']));
  });

  it('stops an object whose bytes can no longer be read, reports the reason once, and closes its socket', async () => {
    const { bed, source, sent, failures, state, start } = rig();
    await start();
    await bed.pass(0.1);
    source.change();
    await bed.pass(1);
    const before = sent.length;
    await bed.pass(1);
    expect(sent.length).toBe(before);
    expect(failures).toEqual([expect.objectContaining({ code: 'OBJECT_CHANGED' })]);
    expect(state.closedCount).toBe(1);
  });

  it('counts refused datagrams, reports when refusals begin and end, and opens another socket each second', async () => {
    const { bed, state, transmissions, networkEvents, sent, start } = rig({ intervalsUs: [10_000] });
    await start();
    await bed.pass(0.1);
    const before = sent.length;
    state.refuses = 'ENETUNREACH';
    await bed.pass(2.5);
    expect(transmissions[0]!.refusedCount).toBe(250);
    expect(networkEvents).toEqual(['ENETUNREACH']);
    // A socket is opened at once and after each second; each time the previous socket is closed.
    expect([state.openCount, state.closedCount]).toEqual([4, 3]);
    state.refusesOpen = true;
    await bed.pass(2);
    expect(state.closedCount).toBe(3);
    state.refuses = undefined;
    await bed.pass(0.1);
    expect(networkEvents).toEqual(['ENETUNREACH', undefined]);
    expect(sent.length).toBe(before + 10);
  });

  it('rejects `open` when the network cannot open a socket', async () => {
    const { state, transmissions } = rig();
    state.refusesOpen = true;
    await expect(transmissions[0]!.open()).rejects.toMatchObject({ code: 'NETWORK_UNAVAILABLE' });
  });
});
