import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { eventually, type Measurement, measureSending } from './measure.js';
import { groupsOf, preferred, Scene } from './scene.js';

const tolerance = 0.02;
const measuredSeconds = 5;

describeBed('the rate on the wire', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha']);
    scene.random('image', 20e6);
  });
  afterEach(() => scene.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  // Small symbols at the lowest rate, where 5 s hold only 8 packets of full size: no count could be within 2 %.
  test.each([
    { rate: 16e3, symbolBytes: 16 },
    { rate: 200e6, symbolBytes: 1184 },
  ])('is $rate bit/s where the fleet file says so, alone', { timeout: 60_000 }, async ({ rate, symbolBytes }) => {
    await expectRates(`alone-${rate}`, [rate], symbolBytes);
  });

  test('is that of each of 32 channels at once, from 16 kbit/s to 16 Mbit/s', { timeout: 60_000 }, async () => {
    const rates = Array.from({ length: 32 }, (_, i) => Math.round(16e3 * 1000 ** (i / 31)));
    await expectRates('together', rates, 400);
  });

  async function expectRates(fleet: string, rates: readonly number[], symbolBytes: number): Promise<void> {
    const channels = rates.map((rate) => ({ rate: `${rate}bit` }));
    // Nobody listens to announcements, so they are rare.
    const whole = { fleet, symbolBytes, announceInterval: '1h', objects: { image: { file: 'image', channels } } };
    const server = await scene.serve('alpha', scene.fleet(whole), [], [], preferred);
    await eventually(async () => {
      const measured = await measureSending(scene.bed, 'alpha', measuredSeconds);
      const found = groupsOf(server, 'image').map((group) => ratesOf(measured, group));
      for (const [i, rate] of rates.entries()) {
        const { least, most, ofOnePacket } = found[i]!;
        expect(most + ofOnePacket, `channel ${i} of ${rate} bit/s`).toBeGreaterThan(rate * (1 - tolerance));
        expect(least - ofOnePacket, `channel ${i} of ${rate} bit/s`).toBeLessThan(rate * (1 + tolerance));
      }
    });
  }
});

/** Bounds of a group's rate, given the moments at which the counters may have been read, with one packet more or less. */
function ratesOf({ seconds, groups }: Measurement, group: string) {
  const { packets, bytes } = groups.get(group)!;
  const bits = bytes * 8;
  return { least: bits / seconds.most, most: bits / seconds.least, ofOnePacket: bits / packets / seconds.least };
}
