import { describe, expect, it } from 'vitest';
import type { Network, ReceivedBatch } from '../../../dist/base/ports.js';
import { FaultCounters } from '../../../dist/receiver/counters.js';
import { Watch } from '../../../dist/receiver/watch/watch.js';
import { HostClock } from '../../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../../dist/simulate/clock/virtual-clock.js';
import { anchorOfKey, anchorOfRoot } from '../../../dist/trust/anchor.js';
import { recordDatagrams } from '../../../dist/wire/fragments.js';
import { ANNOUNCEMENT_CHANNEL } from '../../../dist/wire/header.js';
import { packSignedRecord } from '../../../dist/wire/signed-record.js';
import { Bed } from '../../transfer/bed.js';
import { catalogueOf, catalogueRecord, rootAfter, rootRecord } from '../../trust/signing.js';
import { rootOf } from '../../wire/trust-samples.js';
import { batchOf } from '../datagrams.js';

const S = 1e6;

/** A clock that counts its timers, and that somebody can set. */
class CountingClock extends HostClock {
  timerCount = 0;
  stepUs = 0;

  override wallUs(): number {
    return super.wallUs() + this.stepUs;
  }

  override schedule(atUs: number, callback: () => void): () => void {
    this.timerCount++;
    return super.schedule(atUs, callback);
  }
}

/**
 * A watch that hears a record once a second, as often as patient sockets are read.
 *
 * @param expiresS when the record expires, in seconds after the simulation began
 */
async function listening(expiresS: number) {
  const bed = new Bed('watch');
  const { record } = bed.object(2, { version: 1, content: bed.bytes(2000, 'content'), expiresS });
  const virtual = new VirtualClock();
  const clock = new CountingClock(virtual);
  let onBatch: (batch: ReceivedBatch) => void = () => undefined;
  let joinCount = 0;
  const network = {
    join: async (_, heard) => {
      onBatch = heard;
      joinCount++;
      return { isStale: false, leave: async () => undefined, close: () => undefined };
    },
  } satisfies Pick<Network, 'join'>;
  const watch = new Watch(
    {
      fleet: 'fleet',
      object: undefined,
      trust: { anchorOf: (fleet) => anchorOfKey(fleet, bed.keys.publicKey) },
      announcement: { group: 'ff15::1', port: 4242, sources: [], interface: undefined, isPatient: true },
      waits: true,
      lowestVersionOf: () => 0,
      acceptExpired: false,
    },
    { clock, network: network as unknown as Network, onWaiting: () => undefined, onRefused: () => undefined },
    new FaultCounters(),
  );
  await watch.open();
  const kinds: string[] = [];
  void (async () => {
    for await (const { kind } of watch) kinds.push(kind);
  })();
  const batch = batchOf(...recordDatagrams(record, 0, ANNOUNCEMENT_CHANNEL));
  const hearUntil = async (endUs: number) => {
    for (let atUs = virtual.nowUs + S; atUs < endUs; atUs += S) virtual.at(atUs, () => onBatch(batch));
    await virtual.run(endUs);
  };
  return { clock, virtual, hearUntil, kinds, joins: () => joinCount };
}

describe('a watch', () => {
  it('that hears announcements is hardly woken by timers of its own, and does not join again', async () => {
    const { clock, hearUntil, kinds, joins } = await listening(1e6);
    await hearUntil(200 * S);
    expect(kinds).toEqual(['newest']);
    expect(clock.timerCount).toBeLessThan(140);
    expect(joins()).toBe(1);
  });

  it('that hears nothing more joins again', async () => {
    const { virtual, hearUntil, joins } = await listening(1e6);
    await hearUntil(20 * S);
    await virtual.run(60 * S);
    expect(joins()).toBeGreaterThan(2);
  });

  it('takes a version back when its date passes, however often it is announced, and says so once', async () => {
    const { hearUntil, kinds } = await listening(20);
    await hearUntil(19 * S);
    expect(kinds).toEqual(['newest']);
    await hearUntil(60 * S);
    expect(kinds).toEqual(['newest', 'revoked']);
  });

  it('notices with the next announcement that the clock was set, and takes back what has expired', async () => {
    const { clock, virtual, hearUntil, kinds } = await listening(1000);
    await hearUntil(10 * S);
    clock.stepUs = 2000 * S;
    await hearUntil(virtual.nowUs + 1.2 * S);
    expect(kinds).toEqual(['newest', 'revoked', 'expired']);
  });
});

describe('a watch that trusts a root', () => {
  it('tells of each newer root as soon as it counts, and of nothing else', () => {
    const bed = new Bed('roots');
    const first = rootOf({ fleet: 'fleet', numbers: [1, 2] });
    const second = rootAfter(first);
    let toldCount = 0;
    const watch = new Watch(
      {
        ...{ fleet: 'fleet', object: undefined, waits: true, lowestVersionOf: () => 0, acceptExpired: false },
        trust: { anchorOf: () => anchorOfRoot(rootRecord(first)) },
        announcement: { group: 'ff15::1', port: 4242, sources: [], interface: undefined },
      },
      {
        ...{ clock: new HostClock(new VirtualClock()), network: bed.host('receiver') },
        ...{ onWaiting: () => undefined, onRefused: () => undefined, onRoot: () => toldCount++ },
      },
      new FaultCounters(),
    );
    const counts = [
      rootRecord(rootAfter(second), 1),
      rootRecord(second, 1),
      rootRecord(second, 2),
      catalogueRecord(catalogueOf(1, { fleet: 'fleet' }), 2),
      rootRecord(rootAfter(second), 1),
    ].map((record) => {
      watch.take(packSignedRecord(record));
      return toldCount;
    });
    expect(counts).toEqual([0, 1, 1, 1, 2]);
  });
});
