import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { eventually, type Measurement, measureSending } from './measure.js';
import { groupsOf, preferred, Scene } from './scene.js';

const tolerance = 0.02;
/** The longest packet, which a run record or a piece of a descriptor nearly is, whatever the length of symbols. */
const longestPacketBytes = 1280;

describeBed('the rate on the wire', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha']);
    scene.random('image', 20e6);
  });
  afterEach(() => scene.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  // Symbols of 16 bytes, so that the run records and pieces between them would take much more than the rate if each of them counted as one symbol.
  test.each([
    { rate: 16e3, symbolBytes: 16, seconds: 10 },
    { rate: 200e6, symbolBytes: 1184, seconds: 5 },
  ])(
    'is $rate bit/s where the fleet file says so, alone',
    { timeout: 60_000 },
    async ({ rate, symbolBytes, seconds }) => {
      await expectRates(`alone-${rate}`, [rate], symbolBytes, seconds);
    },
  );

  test('is that of each of 32 channels at once, from 16 kbit/s to 16 Mbit/s', { timeout: 60_000 }, async () => {
    const rates = Array.from({ length: 32 }, (_, i) => Math.round(16e3 * 1000 ** (i / 31)));
    await expectRates('together', rates, 400, 5);
  });

  async function expectRates(
    fleet: string,
    rates: readonly number[],
    symbolBytes: number,
    seconds: number,
  ): Promise<void> {
    const channels = rates.map((rate) => ({ rate: `${rate}bit` }));
    // Nobody listens to announcements, so they are rare.
    const whole = { fleet, symbolBytes, announceInterval: '1h', objects: { image: { file: 'image', channels } } };
    const server = await scene.serve('alpha', scene.fleet(whole), [], [], preferred);
    await eventually(async () => {
      const measured = await measureSending(scene.bed, 'alpha', seconds);
      const found = groupsOf(server, 'image').map((group) => ratesOf(measured, group));
      for (const [i, rate] of rates.entries()) {
        const { least, most, ofOnePacket } = found[i]!;
        expect(most + ofOnePacket, `channel ${i} of ${rate} bit/s`).toBeGreaterThan(rate * (1 - tolerance));
        expect(least - ofOnePacket, `channel ${i} of ${rate} bit/s`).toBeLessThan(rate * (1 + tolerance));
      }
    });
  }
});

/** Bounds of a group's rate, given the moments at which the counters may have been read, and what one packet is of it. */
function ratesOf({ seconds, groups }: Measurement, group: string) {
  const { bytes } = groups.get(group)!;
  const bits = bytes * 8;
  return {
    least: bits / seconds.most,
    most: bits / seconds.least,
    ofOnePacket: (longestPacketBytes * 8) / seconds.least,
  };
}
