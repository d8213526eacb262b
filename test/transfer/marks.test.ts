import { describe, expect, it } from 'vitest';
import type { ReceivedBatch } from '../../dist/base/ports.js';
import { rateOf } from '../../dist/rate/ladder/ladder.js';
import { StepPlan } from '../../dist/rate/ladder/step-plan.js';
import type { SimulatedObject } from '../../dist/simulate/index.js';
import { addressFromBytes } from '../../dist/wire/address.js';
import { Flag, type Header, newHeader, readHeader } from '../../dist/wire/header.js';
import { seeded } from '../simulate/seed.js';
import { Bed } from './bed.js';

interface Heard extends Header {
  readonly atUs: number;
}

/** A host that hears every channel and the announcements, and keeps all headers. */
async function ear(bed: Bed, { descriptor }: SimulatedObject): Promise<readonly Heard[]> {
  const heard: Heard[] = [];
  const host = bed.host('ear');
  const onBatch = ({ buffers, starts, lengths, count }: ReceivedBatch) => {
    for (let i = 0; i < count; i++) {
      const header = newHeader();
      readHeader(buffers[i]!, starts[i]!, lengths[i]!, header);
      heard.push({ ...header, atUs: bed.network.clock.nowUs });
    }
  };
  const channels = descriptor.channels.map(({ group, port }) => ({ group: addressFromBytes(group), port }));
  for (const place of [...channels, bed.announcement]) {
    const joining = host.join({ ...place, interface: undefined, sources: [] }, onBatch);
    await bed.network.clock.until(joining, bed.network.clock.nowUs + 1e6);
  }
  return heard;
}

const channels = [1e6, 1e6, 2e6].map((rateBitsPerSecond) => ({ rateBitsPerSecond }));

describe('what servers send for receivers that find their rate', () => {
  it(seeded('is the same from all servers with the same time, whenever they began'), async () => {
    const bed = new Bed('marks of two servers');
    const object = bed.object(2000, { channels, servers: [{ name: 'one' }, { name: 'two' }], code: 'raptorq' });
    const heard = await ear(bed, object);
    await bed.server(0).publish(object);
    await bed.pass(1.234);
    const begunS = bed.nowS;
    await bed.server(1).publish(object);
    await bed.pass(10);
    const plan = new StepPlan({
      rates: object.descriptor.channels.map(({ intervalUs }) => rateOf(intervalUs, object.descriptor.symbolBytes)),
      mode: 'several',
      symbolBytes: object.descriptor.symbolBytes,
    });
    const ofLadder = heard.filter(({ channelIndex }) => channelIndex < 3);
    for (const serverIndex of [0, 1]) {
      const own = ofLadder.filter((one) => one.serverIndex === serverIndex && one.atUs > (begunS + 0.5) * 1e6);
      expect(own.filter(({ slot, stepLevel }) => stepLevel !== plan.stepLevel(slot))).toEqual([]);
      expect(new Set(own.map(({ stepLevel }) => stepLevel))).toEqual(new Set([0, 2, 3]));
      const previewed = own.filter(({ flags }) => flags === Flag.preview);
      expect(new Set(previewed.map(({ channelIndex }) => channelIndex))).toEqual(new Set([0, 1]));
      for (const { slot } of previewed) expect(plan.stepLevel(slot)).toBeGreaterThan(0);
    }
    // Every train at one moment, and the two servers' a tenth of a second apart.
    const trains = [0, 1].map((server) => {
      const own = ofLadder.filter(({ flags, serverIndex }) => (flags & Flag.train) !== 0 && serverIndex === server);
      expect(new Set(own.map(({ channelIndex }) => channelIndex))).toEqual(new Set([0]));
      return [...new Set(own.map(({ atUs }) => atUs))];
    });
    for (const times of trains)
      expect(new Set(times.slice(1).map((at, i) => at - times[i]!))).toEqual(new Set([500_000]));
    const [one, two] = trains.map((times) => times.at(-1)! % 500_000);
    expect((one! - two! + 500_000) % 500_000).toBe(100_000);
  });

  it(seeded('is not on the announcement channel, nor on the only channel of an object'), async () => {
    const bed = new Bed('marks of one channel');
    const object = bed.object(500);
    const heard = await ear(bed, object);
    await bed.server(0, { announceIntervalUs: 50_000 }).publish(object);
    await bed.pass(10);
    expect(heard.length).toBeGreaterThan(1100);
    expect(heard.filter(({ flags, stepLevel }) => flags !== 0 || stepLevel !== 0)).toEqual([]);
    expect(new Set(heard.map(({ slot }) => slot)).size).toBeGreaterThanOrEqual(20);
  });
});
