import { describe, expect, it } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import type { Destination, Network, SendBatch, SendResult } from '../../dist/base/ports.js';
import { SenderChannel } from '../../dist/sender/channel.js';
import { SenderDriver } from '../../dist/sender/driver.js';
import { Publication } from '../../dist/sender/publication.js';
import { SourceSymbols } from '../../dist/sender/source-symbols.js';
import { Transmission } from '../../dist/sender/transmission.js';
import { ContentSource, HostClock } from '../../dist/simulate/index.js';
import { DatagramType, newHeader, readHeader } from '../../dist/wire/header.js';
import { Bed, SYMBOL_BYTES } from '../transfer/bed.js';

/** A sender whose network notes what it is given, and can refuse or be slow. */
function rig({ intervalsUs = [1000], readUs = 0, sendUs = 0, symbolCount = 100 } = {}) {
  const bed = new Bed('sender rig');
  const virtual = bed.network.clock;
  const clock = new HostClock(virtual);
  const object = bed.object(symbolCount);
  const publication = new Publication(object.descriptor, object.record, object.blockDigests, 0);
  const source = new ContentSource(object.content, clock, readUs);
  const sent: { readonly atUs: number; readonly group: string; readonly datagram: Uint8Array }[] = [];
  const state = {
    refuses: undefined as string | undefined,
    openCount: 0,
    closedCount: 0,
    touchedCount: 0,
    refusesOpen: false,
  };
  const network: Network = {
    join: () => Promise.reject(new Error('senders do not join')),
    async openSender({ group }: Destination) {
      if (state.refusesOpen) throw new LayercastError('NETWORK_UNAVAILABLE', 'refused');
      state.openCount++;
      return {
        async send({ bytes, count, strideBytes, lengths }: SendBatch): Promise<SendResult> {
          const datagrams = Array.from({ length: count }, (_, i) =>
            bytes.slice(i * strideBytes, i * strideBytes + lengths[i]!),
          );
          if (sendUs > 0) await new Promise<void>((resolve) => virtual.at(virtual.nowUs + sendUs, resolve));
          if (state.refuses !== undefined) return { sentCount: 0, failure: state.refuses };
          // The bytes must not have been touched while the system had them.
          for (const [i, datagram] of datagrams.entries()) {
            const now = bytes.subarray(i * strideBytes, i * strideBytes + lengths[i]!);
            if (Buffer.compare(now, datagram) !== 0) state.touchedCount++;
            sent.push({ atUs: virtual.nowUs, group, datagram });
          }
          return { sentCount: count, failure: undefined };
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
  return { bed, object, source, sent, state, failures, networkEvents, transmissions, driver, start };
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

  it('never touches a batch that the system still has, nor sends beside it', async () => {
    const { bed, sent, state, start } = rig({ intervalsUs: [1000], sendUs: 3500 });
    await start();
    await bed.pass(1);
    // Behind by one send, it makes up for it with larger batches.
    expect(sent.length).toBeGreaterThan(990);
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

  it('stops one object whose bytes can no longer be had, says why once, and closes its socket', async () => {
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

  it('counts what the system refuses, tells when it begins and ends, and opens the socket anew each second', async () => {
    const { bed, state, transmissions, networkEvents, sent, start } = rig({ intervalsUs: [10_000] });
    await start();
    await bed.pass(0.1);
    const before = sent.length;
    state.refuses = 'ENETUNREACH';
    await bed.pass(2.5);
    expect(transmissions[0]!.refusedCount).toBe(250);
    expect(networkEvents).toEqual(['ENETUNREACH']);
    // At once and in each second after; each time the one before is closed.
    expect([state.openCount, state.closedCount]).toEqual([4, 3]);
    state.refusesOpen = true;
    await bed.pass(2);
    expect(state.closedCount).toBe(3);
    state.refuses = undefined;
    await bed.pass(0.1);
    expect(networkEvents).toEqual(['ENETUNREACH', undefined]);
    expect(sent.length).toBe(before + 10);
  });

  it('rejects at the start when the network does', async () => {
    const { state, transmissions } = rig();
    state.refusesOpen = true;
    await expect(transmissions[0]!.open()).rejects.toMatchObject({ code: 'NETWORK_UNAVAILABLE' });
  });
});
