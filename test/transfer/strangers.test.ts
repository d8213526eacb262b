import { describe, expect, it } from 'vitest';
import type { CompleteEvent, ProgressEvent } from '../../dist/receiver/events.js';
import type { SimulatedObject } from '../../dist/simulate/index.js';
import { keyIdOf } from '../../dist/wire/public-key.js';
import { seeded } from '../simulate/seed.js';
import { Bed, expectSafe, SYMBOL_BYTES } from './bed.js';
import { Stranger, type StrangerKind } from './stranger.js';

const SERVER = 'fd00:5::1';
const CHANNELS = [1e6, 1e6, 2e6].map((rateBitsPerSecond) => ({ rateBitsPerSecond }));
/** Some 17 s on the highest level: the start, which a stranger makes half a second longer, must not decide. */
const SYMBOL_COUNT = 6000;

interface Trial {
  readonly kind: StrangerKind;
  /** Datagrams of the stranger for each of the server's. */
  readonly ratio: number;
  readonly source: 'his own' | 'the server’s';
  /** How much longer than undisturbed the receiver may take. */
  readonly factor: number;
}

interface Outcome {
  readonly complete: CompleteEvent;
  readonly seconds: number;
  readonly levels: readonly number[];
  readonly warnings: readonly string[];
}

async function outcomeOf(trial: Trial | undefined, code: 'raptorq' | 'none' = 'raptorq'): Promise<Outcome> {
  const bed = new Bed('strangers');
  const object = bed.object(SYMBOL_COUNT, { code, blockSymbols: 500, channels: CHANNELS, isSigned: true });
  await bed.server().publish(object);
  if (trial !== undefined) {
    const source = trial.source === 'his own' ? undefined : SERVER;
    const stranger = new Stranger(bed, object, { ...trial, source });
    await bed.pass(1);
    await stranger.ready;
  }
  return receive(bed, object);
}

async function receive(bed: Bed, object: SimulatedObject): Promise<Outcome> {
  const receiver = bed.receiver();
  const levels: number[] = [];
  const warnings: string[] = [];
  receiver.on('progress', ({ level }: ProgressEvent) => levels.push(level));
  receiver.on('warning', ({ code, message }) => warnings.push(`${code} ${message}`));
  const startS = bed.nowS;
  const complete = await bed.completion(receiver, 200);
  expectSafe(receiver, object, complete);
  return { complete, seconds: bed.nowS - startS, levels, warnings };
}

const calm = new Map<string, Promise<Outcome>>();
function undisturbed(code: 'raptorq' | 'none' = 'raptorq'): Promise<Outcome> {
  const known = calm.get(code) ?? outcomeOf(undefined, code);
  calm.set(code, known);
  return known;
}

const kinds: readonly StrangerKind[] = ['samePosition', 'futurePosition', 'strewn', 'wrongLength', 'copies', 'records'];
const trials: readonly Trial[] = [
  ...kinds.flatMap((kind) => [
    { kind, ratio: 0.1, source: 'his own' as const, factor: 1.1 },
    // Records that cannot be told from genuine ones before they are checked cost one trial of a level.
    { kind, ratio: 2, source: 'his own' as const, factor: kind === 'records' ? 2 : 1.3 },
  ]),
  { kind: 'futurePosition', ratio: 2, source: 'the server’s', factor: 1.3 },
  { kind: 'strewn', ratio: 0.1, source: 'the server’s', factor: 1.1 },
];

describe('a stranger without a key, where servers sign their runs', () => {
  it.each(trials)(
    seeded('who sends $kind, $ratio for each datagram, from $source address, costs at most $factor times the time'),
    async (trial) => {
      const { complete, seconds, levels } = await outcomeOf(trial);
      const before = await undisturbed();
      expect(seconds / before.seconds).toBeLessThanOrEqual(trial.factor);
      expect(complete.payloadBytes).toBeLessThan(2 * SYMBOL_COUNT * SYMBOL_BYTES);
      expect(Math.max(...levels)).toBeLessThanOrEqual(CHANNELS.length);
      // He is there from the start, so the first levels are those of a receiver that begins.
      if (trial.ratio < 1) expect(Math.min(...levels.slice(3))).toBeGreaterThanOrEqual(CHANNELS.length - 1);
    },
  );

  it(
    seeded('costs one more pass at most without a code: what he kept out before he was noticed comes again'),
    async () => {
      const trial = { kind: 'futurePosition', ratio: 0.1, source: 'his own', factor: 2.2 } as const;
      const { seconds } = await outcomeOf(trial, 'none');
      expect(seconds / (await undisturbed('none')).seconds).toBeLessThanOrEqual(trial.factor);
    },
  );
});

describe('servers that sign their runs', () => {
  it(seeded('are received as fast as others, and nothing is told of forgers'), async () => {
    const { complete, warnings, levels } = await undisturbed();
    expect([complete.invalid, complete.rejectedBlocks, warnings]).toEqual([{}, 0, []]);
    expect(levels.at(-1)).toBe(3);
  });

  it(
    seeded('are left when they sign garbage: named by their key, after two blocks; the others are received'),
    async () => {
      const bed = new Bed('garbage');
      const plan = { code: 'raptorq', blockSymbols: 100, isSigned: true } as const;
      const servers = [{ name: 'honest' }, { name: 'liar' }];
      const object = bed.object(800, { ...plan, servers });
      const { content, encoders } = bed.object(800, {
        ...plan,
        servers,
        content: bed.bytes(800 * SYMBOL_BYTES, 'garbage'),
      });
      await bed.server(0).publish(object);
      await bed.server(1).publish({ ...object, content, encoders });
      const { complete, warnings } = await receive(bed, object);
      const keyId = keyIdOf(object.descriptor.servers[1]!.publicKey!);
      const left = warnings.filter((warning) => warning.startsWith('SERVER_LEFT'));
      expect(left).toEqual([expect.stringContaining(`server liar (key ${keyId})`)]);
      expect(complete.invalid.untrusted).toBeGreaterThan(0);
    },
  );

  it(
    seeded('end a run in which none is left that did not sign garbage, which says so and blames no network'),
    async () => {
      const bed = new Bed('nobody is left');
      const plan = { code: 'raptorq', blockSymbols: 100, isSigned: true } as const;
      const object = bed.object(400, plan);
      const { content, encoders } = bed.object(400, { ...plan, content: bed.bytes(400 * SYMBOL_BYTES, 'garbage') });
      await bed.server().publish({ ...object, content, encoders });
      const receiver = bed.receiver();
      const codes = new Set<string>();
      receiver.on('warning', ({ code }) => codes.add(code));
      expect(await bed.failure(receiver, 90)).toBe('NOBODY_SENDING');
      await expect(receiver.done).rejects.toThrow(/nothing else heard of .* for 30 s \(server .* signed wrong data/);
      expect([...codes]).not.toContain('NO_DATA');
      expect([...codes]).toContain('SERVER_LEFT');
    },
  );
});
