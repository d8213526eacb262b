import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import type { MembershipRequest } from '../../dist/base/ports.js';
import type { ObjectPlan, SimulatedObject, VirtualHost } from '../../dist/simulate/index.js';
import { Prng } from '../../dist/simulate/random/prng.js';
import { addressFromBytes } from '../../dist/wire/address.js';
import { seed, seeded } from '../simulate/seed.js';
import { Bed, type BedReceiver, expectSafe, MEGABIT, passSeconds } from './bed.js';

const SYMBOL_COUNT = 2500;
const PLAN_COUNT = 20;

/** Ways in which the same version may be sent. */
const SENDINGS: readonly Partial<ObjectPlan>[] = [
  { channels: [1, 1].map(() => ({ rateBitsPerSecond: MEGABIT })) },
  { channels: [0, 0.5].map((startRatio) => ({ rateBitsPerSecond: 2 * MEGABIT, startRatio })) },
  { channels: [5151, 5152].map((port) => ({ rateBitsPerSecond: MEGABIT, port })) },
  { channels: ['ff15::71', 'ff15::72'].map((group) => ({ rateBitsPerSecond: MEGABIT, group })) },
  { channels: [1, 2].map((factor) => ({ rateBitsPerSecond: factor * MEGABIT })), mode: 'best' },
  { channels: ['ff35::8000:1', 'ff35::8000:2'].map((group) => ({ rateBitsPerSecond: MEGABIT, group })), ssm: true },
];

const step = fc.record({
  waitMs: fc.integer({ min: 10, max: 2500 }),
  action: fc.oneof(
    fc.constant({ kind: 'down' as const }),
    fc.constant({ kind: 'gone' as const }),
    { weight: 2, arbitrary: fc.constant({ kind: 'up' as const }) },
    fc.constant({ kind: 'refuse' as const }),
    { weight: 2, arbitrary: fc.constant({ kind: 'allow' as const }) },
    fc.record({ kind: fc.constant('freeze' as const), seconds: fc.integer({ min: 1, max: 3 }) }),
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('reload' as const), sending: fc.nat(SENDINGS.length - 1) }) },
    fc.constant({ kind: 'resign' as const }),
  ),
});

/** Keeps account of what a host has joined, and refuses joins when told to. */
class JoinAccount {
  refuses = false;
  /** Groups that were joined again although they were joined. */
  readonly twice: string[] = [];
  readonly #active = new Set<{ readonly name: string; readonly isStale: () => boolean }>();

  constructor(host: VirtualHost) {
    const join = host.join.bind(host);
    host.join = async (request, onBatch) => {
      if (this.refuses) throw new LayercastError('NETWORK_UNAVAILABLE', 'ENOBUFS: no room for memberships');
      const membership = await join(request, onBatch);
      const entry = { name: nameOf(request), isStale: () => membership.isStale };
      if (this.joined.includes(entry.name)) this.twice.push(entry.name);
      this.#active.add(entry);
      return {
        get isStale() {
          return membership.isStale;
        },
        leave: () => {
          this.#active.delete(entry);
          return membership.leave();
        },
      };
    };
  }

  get joined(): readonly string[] {
    return [...this.#active].filter(({ isStale }) => !isStale()).map(({ name }) => name);
  }
}

function nameOf({ group, port }: Pick<MembershipRequest, 'group' | 'port'>): string {
  return `[${group}]:${port}`;
}

function dataGroups({ descriptor }: SimulatedObject): readonly string[] {
  return descriptor.channels.map(({ group, port }) => nameOf({ group: addressFromBytes(group), port }));
}

async function runPlan(steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]): Promise<void> {
  const bed = new Bed('renewal plans');
  const servers = [{ name: 'server', address: 'fd00:5::1' }];
  const server = bed.server();
  let createdS = 1;
  const describe = (sending: number) =>
    bed.object(SYMBOL_COUNT, {
      code: 'raptorq',
      blockSymbols: 500,
      servers,
      createdS: createdS++,
      ...SENDINGS[sending],
    });
  let [sending, object] = [0, describe(0)];
  await server.publish(object);
  const receiver: BedReceiver = bed.receiver({ channels: [0, 1] });
  const account = new JoinAccount(receiver.host);
  const change = async (to: number) => {
    [sending, object] = [to, describe(to)];
    await server.publish(object);
  };
  for (const { waitMs, action } of steps) {
    await bed.pass(waitMs / 1000);
    if (action.kind === 'down' || action.kind === 'gone') receiver.host.interfaceDown(action.kind === 'gone');
    else if (action.kind === 'up') receiver.host.interfaceUp();
    else if (action.kind === 'freeze') receiver.host.freeze(action.seconds);
    else if (action.kind === 'reload') await change(action.sending);
    else if (action.kind === 'resign') await change(sending);
    else account.refuses = action.kind === 'refuse';
    expect(receiver.disk.violations).toEqual([]);
  }
  // No more faults: the host is awake, the interface is up, joins are allowed.
  receiver.host.freeze(0);
  receiver.host.interfaceUp();
  account.refuses = false;
  // Sleeping timers wake within 3 s; then a second until all is joined, and one until the next announcement.
  await bed.pass(5.5);
  if (receiver.disk.completed === undefined) {
    expect([...account.joined].sort()).toEqual([nameOf(bed.announcement), ...dataGroups(object)].sort());
  }
  // The slowest sending has one channel of 1 Mbit/s that counts.
  const complete = await bed.completion(receiver, 10 + 2 * passSeconds(SYMBOL_COUNT));
  expectSafe(receiver, object, complete);
  expect(complete.rejectedBlocks).toBe(0);
  expect(account.twice).toEqual([]);
  await bed.pass(1);
  expect(account.joined).toEqual([]);
}

describe('reloads, refused joins, interfaces that come and go, hosts that sleep', () => {
  it(
    seeded(
      'at random moments do no harm: no group is joined twice, all are joined again, and the transfer ends in time',
    ),
    async () => {
      const random = new Prng(`${seed}/renewal plans`).next() | 0;
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), runPlan), {
        numRuns: PLAN_COUNT,
        seed: random,
      });
    },
  );
});
