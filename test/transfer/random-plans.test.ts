import { describe, expect, it } from 'vitest';
import type { LinkOptions, SimulatedServer } from '../../dist/simulate/index.js';
import type { Prng } from '../../dist/simulate/random/prng.js';
import { seeded } from '../simulate/seed.js';
import { Bed, type BedReceiver, expectSafe, MEGABIT, passesAt, passSeconds, SYMBOL_BYTES } from './bed.js';

const PLAN_COUNT = 60;

function randomLink(prng: Prng): LinkOptions {
  const bursts = { goodToBadRatio: 0.01, badToGoodRatio: 0.1 };
  return {
    loss: prng.happens(0.3) ? bursts : prng.ratio() * 0.2,
    delayUs: prng.below(100_000),
    jitterUs: prng.happens(0.5) ? prng.below(100_000) : 0,
    duplicateRatio: prng.ratio() * 0.1,
    damageRatio: prng.happens(0.3) ? prng.ratio() * 0.02 : 0,
    rateBitsPerSecond: prng.happens(0.3) ? MEGABIT * (0.5 + 4 * prng.ratio()) : undefined,
    queueBytes: 10_000 + prng.below(50_000),
  };
}

/** A random object, network and disk, and a run of random faults; then the faults stop. */
class RandomPlan {
  readonly steps: string[] = [];
  readonly #bed: Bed;
  readonly #prng: Prng;
  readonly #object;
  readonly #disk;
  readonly #servers = new Map<number, SimulatedServer>();
  #receiver: BedReceiver | undefined;
  #runCount = 0;
  #durableBytes = 0;

  constructor(number: number, code: 'none' | 'raptorq') {
    this.#bed = new Bed(`plan ${code} ${number}`);
    this.#prng = this.#bed.network.prng.fork('plan');
    const prng = this.#prng;
    const channelCount = 1 + prng.below(3);
    const serverCount = 1 + prng.below(3);
    const symbolCount = 1 + prng.below(1500);
    this.#object = this.#bed.object(0, {
      content: this.#bed.bytes(symbolCount * SYMBOL_BYTES - prng.below(SYMBOL_BYTES)),
      // Small enough for damage that goes unnoticed until the block is verified.
      blockSymbols: 1 + prng.below(code === 'none' ? 30 : 300),
      code,
      channels: Array.from({ length: channelCount }, () => ({
        rateBitsPerSecond: MEGABIT,
        startRatio: prng.ratio(),
      })),
      servers: Array.from({ length: serverCount }, (_, i) => ({
        name: `server ${i}`,
        address: `fd00:5::${i + 1}`,
        startRatio: prng.ratio(),
      })),
      ssm: prng.happens(0.3),
    });
    this.#disk = this.#bed.disk({
      flushUs: prng.below(800_000),
      readUs: prng.below(20_000),
      restoreUs: prng.below(300_000),
      bytesPerSecond: prng.happens(0.3) ? 100_000 + prng.below(400_000) : undefined,
      queueBytes: 20 * SYMBOL_BYTES,
    });
  }

  async run(): Promise<void> {
    await this.#startServer(0);
    this.#startReceiver();
    for (let step = 0; step < 12; step++) {
      await this.#bed.pass(this.#prng.ratio() * 2);
      await this.#step();
      this.#check();
    }
    await this.#finish();
  }

  async #step(): Promise<void> {
    const prng = this.#prng;
    const index = prng.below(this.#object.descriptor.servers.length);
    const actions: readonly (() => void | Promise<void>)[] = [
      () => this.#killServer(index),
      () => this.#startServer(index),
      () => this.#crash(),
      () => this.#receiver?.host.down.change(randomLink(prng)),
      () => this.#receiver?.host.interfaceDown(prng.happens(0.5)),
      () => this.#receiver?.host.interfaceUp(),
      () => this.#servers.get(index)?.host.interfaceDown(),
      () => this.#servers.get(index)?.host.interfaceUp(),
    ];
    const chosen = prng.below(actions.length);
    this.steps.push(`${this.#bed.nowS.toFixed(2)} action ${chosen} on ${index}`);
    await actions[chosen]!();
  }

  #check(): void {
    expect(this.#disk.violations).toEqual([]);
    const stats = this.#receiver?.stats();
    // A block that is damaged is taken back, and one that is restored gives up its guests; all else that was durable stays.
    const ownBytes = this.#disk.journalledBytes - this.#disk.journalledGuestCount * SYMBOL_BYTES;
    const durableBytes = this.#disk.completed === undefined ? ownBytes : this.#durableBytes;
    if (stats?.rejectedBlocks === 0) expect(durableBytes).toBeGreaterThanOrEqual(this.#durableBytes);
    this.#durableBytes = durableBytes;
  }

  /** Ends all faults: from now on the transfer has to end. */
  async #finish(): Promise<void> {
    for (const server of this.#servers.values()) server.host.interfaceUp();
    if (!this.#servers.has(0)) await this.#startServer(0);
    this.#crash();
    const receiver = this.#receiver!;
    receiver.host.down.change({ loss: 0.05, rateBitsPerSecond: undefined, damageRatio: 0, jitterUs: 0 });
    const symbolCount = Math.ceil(this.#object.content.sizeBytes / SYMBOL_BYTES);
    // Slow disks drop most of what comes at first, but never the same symbols each time.
    const complete = await this.#bed.completion(
      receiver,
      10 + 3 * passesAt(0.05, symbolCount) * passSeconds(symbolCount),
    );
    expectSafe(receiver, this.#object, complete);
  }

  async #startServer(index: number): Promise<void> {
    if (this.#servers.has(index)) return;
    const server = this.#bed.server(index);
    this.#servers.set(index, server);
    await server.publish(this.#object);
  }

  #killServer(index: number): void {
    this.#servers.get(index)?.host.die();
    this.#servers.delete(index);
  }

  #crash(): void {
    // A complete object stays complete: the next run finds the file.
    this.#receiver?.die();
    this.#startReceiver();
  }

  #startReceiver(): void {
    const host = { down: randomLink(this.#prng), driftPpm: this.#prng.below(200) - 100 };
    this.#receiver = this.#bed.receiver({ name: `run ${this.#runCount++}`, disk: this.#disk, host });
  }
}

describe('random faults', () => {
  it.each(['none', 'raptorq'] as const)(
    seeded('never do lasting harm: safe at each step, complete soon after they stop; code: %s'),
    async (code) => {
      for (let number = 0; number < PLAN_COUNT; number++) {
        const plan = new RandomPlan(number, code);
        await plan.run().catch((error: unknown) => {
          throw new Error(`plan ${number}:\n${plan.steps.join('\n')}`, { cause: error });
        });
      }
    },
  );
});
