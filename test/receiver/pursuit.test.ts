import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../dist/receiver/assemble/object-store.js';
import { FaultCounters } from '../../dist/receiver/counters.js';
import { Pursuit } from '../../dist/receiver/pursuit.js';
import { Warnings } from '../../dist/receiver/warnings.js';
import type { FindingKind } from '../../dist/receiver/watch/findings.js';
import { Bed } from '../transfer/bed.js';

/** A pursuit of an object that nobody sends, and that a server of the web may bring, which does not answer. */
function pursuitOf(title: string, opening: Promise<void> = Promise.resolve()) {
  const bed = new Bed(title);
  const host = bed.host('receiver', { scrubs: true });
  const disk = bed.disk();
  const told: string[] = [];
  let openedCount = 0;
  const never = () => new Promise<never>(() => undefined);
  const web = { name: 'http://web/object', read: never, digests: never };
  const pursuit = new Pursuit(
    {
      ...{ fleet: 'fleet', object: 'object', interface: undefined, mode: 'auto', channels: undefined },
      ...{ maxRateBitsPerSecond: undefined, patienceUs: 60e6, waits: true },
    },
    {
      ...{ clock: host.clock, network: host, faults: new FaultCounters(), emit: () => true },
      openDestination: async (descriptor) => {
        openedCount++;
        await opening;
        const opened = await disk.open(descriptor);
        if (opened.kind === 'store') Object.assign(opened.store, { putBlock: never } satisfies Partial<ObjectStore>);
        return opened;
      },
      watch: { announceIntervalUs: 1e6, isWaiting: false, heardUs: () => undefined, hear: () => undefined },
      warnings: new Warnings(({ code }) => told.push(code)),
      neverFound: () => new Error('nobody') as never,
      fillFor: () => ({ sources: [web], afterUs: 1e6, maxRateBitsPerSecond: undefined, random: () => 0.5 }),
    },
  );
  const done = pursuit.run().catch((error: unknown) => error);
  const object = bed.object(10);
  const follow = async (kind: FindingKind, { descriptor } = object) => {
    pursuit.follow({ kind, descriptor, sources: [] });
    await bed.pass(0.1);
  };
  return { bed, pursuit, done, follow, told, opened: () => openedCount };
}

describe('a pursuit that a server of the web may end', () => {
  it('goes on with what it has when a version is withdrawn, and when it is announced again', async () => {
    const { bed, pursuit, done, follow, told, opened } = pursuitOf('withdrawn and announced again');
    await follow('newest');
    await follow('withdrawn');
    await follow('newest');
    expect([told, opened()]).toEqual([['WITHDRAWN'], 1]);
    await follow('withdrawn');
    await follow('newest', bed.object(10, { version: 1, content: bed.bytes(10, 'others') }));
    await follow('newest', bed.object(10, { version: 0 }));
    expect(opened()).toBe(1);
    await follow('newest', bed.object(10, { version: 2 }));
    expect([told, opened()]).toEqual([['WITHDRAWN', 'CONFLICT', 'SUPERSEDED'], 2]);
    pursuit.stop(new Error('the end'));
    expect(await bed.network.clock.until(done, bed.network.clock.nowUs + 1e6)).toMatchObject({ message: 'the end' });
  });

  it('goes on, too, when the version is withdrawn while its file is being opened', async () => {
    let open: () => void = () => undefined;
    const opening = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { bed, pursuit, done, follow } = pursuitOf('withdrawn while it is opened', opening);
    await follow('newest');
    await follow('withdrawn');
    open();
    await bed.pass(3);
    expect(pursuit.newest).toMatchObject({ version: 1 });
    expect(pursuit.kept).toMatchObject({ bytes: 0 });
    pursuit.stop(new Error('the end'));
    expect(await bed.network.clock.until(done, bed.network.clock.nowUs + 1e6)).toMatchObject({ message: 'the end' });
  });
});
