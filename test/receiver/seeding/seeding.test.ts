import { describe, expect, it } from 'vitest';
import { LayercastError } from '../../../dist/base/errors.js';
import type { Network } from '../../../dist/base/ports.js';
import type { ObjectStore } from '../../../dist/receiver/assemble/object-store.js';
import { FaultCounters } from '../../../dist/receiver/counters.js';
import { Pursuit } from '../../../dist/receiver/pursuit.js';
import type { Seeds } from '../../../dist/receiver/seeding/seeds.js';
import { Warnings } from '../../../dist/receiver/warnings.js';
import type { Descriptor } from '../../../dist/wire/descriptor.js';
import { Bed, SYMBOL_BYTES } from '../../transfer/bed.js';

interface Plan {
  /** What the system says of each join. */
  readonly refusal: 'NETWORK_UNAVAILABLE' | 'UNKNOWN_INTERFACE';
  readonly waits: boolean;
  readonly isFilled?: boolean;
}

/** A pursuit of an object with a delta, on a host that cannot join any channel. */
function pursuitOf(title: string, { refusal, waits, isFilled = false }: Plan) {
  const bed = new Bed(title);
  const host = bed.host('receiver', { scrubs: true });
  const refuse = () => Promise.reject(new LayercastError(refusal, 'refused'));
  const network: Network = { openSender: refuse, join: refuse };
  const [disk, deltaDisk] = [bed.disk(), bed.disk()];
  const never = () => new Promise<never>(() => undefined);
  const seeds: Seeds = {
    count: 1,
    open: async () => ({ name: 'old', read: async () => 0, [Symbol.asyncDispose]: async () => undefined }),
    openDelta: async (delta) => {
      const opened = await deltaDisk.open(delta);
      if (opened.kind !== 'store') throw new Error('nobody received the delta');
      return { kind: 'store', store: opened.store };
    },
    removeDelta: async () => undefined,
  };
  const told: string[] = [];
  const pursuit = new Pursuit(
    {
      ...{ fleet: 'fleet', object: 'object', interface: 'eth9', mode: 'auto', channels: undefined },
      ...{ maxRateBitsPerSecond: undefined, patienceUs: 30e6, waits },
    },
    {
      ...{ clock: host.clock, network, faults: new FaultCounters(), emit: () => true, seeds },
      openDestination: async (descriptor) => {
        const opened = await disk.open(descriptor);
        if (opened.kind === 'store') Object.assign(opened.store, { putBlock: never } satisfies Partial<ObjectStore>);
        return opened;
      },
      watch: {
        ...{ announceIntervalUs: 1e6, heardUs: () => undefined, hear: () => undefined },
        isWaiting: refusal === 'UNKNOWN_INTERFACE',
      },
      warnings: new Warnings(({ code }) => told.push(code)),
      neverFound: () => new LayercastError('NOBODY_SENDING', 'nobody'),
      fillFor: isFilled
        ? () => ({
            sources: [{ name: 'http://web/object', read: never, digests: never }],
            ...{ afterUs: 1e6, maxRateBitsPerSecond: undefined, random: () => 0.5 },
          })
        : undefined,
    },
  );
  let end: unknown;
  void pursuit.run().catch((error: unknown) => {
    end = error;
  });
  const { descriptor } = bed.object(100);
  const delta = bed.object(5, { content: bed.bytes(5 * SYMBOL_BYTES, 'delta') }).descriptor;
  const withDelta: Descriptor = { ...descriptor, delta };
  pursuit.follow({ kind: 'newest', descriptor: withDelta, sources: [] });
  const pass = async (seconds: number) => {
    for (let ticks = 0; ticks < seconds * 20; ticks++) {
      await bed.pass(0.05);
      pursuit.tick(host.clock.nowUs(), 0);
    }
  };
  return { pass, told, end: () => end };
}

describe('a delta whose channels cannot be joined', () => {
  it('is given up after ten seconds, and the object after the patience of its receiver', async () => {
    const { pass, told, end } = pursuitOf('refused', { refusal: 'NETWORK_UNAVAILABLE', waits: true });
    await pass(11);
    expect(told).toContain('DELTA');
    expect(end()).toBeUndefined();
    await pass(35);
    expect(end()).toMatchObject({ code: 'NOBODY_SENDING' });
  });

  it('for want of an interface is waited for as long as its receiver waits', async () => {
    const patient = pursuitOf('missing', { refusal: 'UNKNOWN_INTERFACE', waits: true });
    await patient.pass(100);
    expect([patient.told, patient.end()]).toEqual([[], undefined]);
    const hasty = pursuitOf('missing', { refusal: 'UNKNOWN_INTERFACE', waits: false });
    await hasty.pass(31);
    expect(hasty.end()).toMatchObject({ code: 'NOBODY_SENDING' });
  });

  it('for want of an interface does not keep a server of the web from bringing the object', async () => {
    const { pass, told } = pursuitOf('filled', { refusal: 'UNKNOWN_INTERFACE', waits: true, isFilled: true });
    await pass(11);
    expect(told).toContain('DELTA');
  });
});
