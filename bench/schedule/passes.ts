import { blockCountFor, geometryOf } from '../../dist/object/geometry.js';
import { chart } from '../../dist/plot/chart.js';
import { intervalUs } from '../../dist/rate/ladder/ladder.js';
import { independentLoss, seedOf } from './random.js';
import { receive } from './reception.js';
import { fixed, LADDER, transmissionOf, upTo } from './rows.js';
import type { Transmission } from './transmission.js';

const LOSS_PERCENTS = [0, 0.5, 1, 2, 3, 5, 7.5, 10, 12.5, 15, 20, 25, 30] as const;
const SIZE_BYTES = 100e6;
/** Bytes of a file in one datagram of iotupd: 1200 less its 6-byte header. */
const IOTUPD_BYTES = 1194;
const IOTUPD_BLOCK = 1024;

export interface PassesSeries {
  readonly name: string;
  /** Loss in per cent, and symbols that were sent for the receiver ÷ symbols of the object, as a mean over starts. */
  readonly points: readonly (readonly [lossPercent: number, passes: number])[];
}

/** Passes needed against loss: layercast with a code and without, and iotupd's loop. */
export function measurePasses(seed: number, runCount: number): readonly PassesSeries[] {
  const ladder = { rates: LADDER, mode: 'several', clockErrorsUs: [0] } as const;
  const single = { rates: [10e6], mode: 'several', clockErrorsUs: [0] } as const;
  const of = (name: string, transmission: Transmission) => {
    const levels = fixed(upTo(transmission.intervalsUs.length - 1));
    const points = LOSS_PERCENTS.map((percent) => {
      const lossRatio = percent / 100;
      let sum = 0;
      for (let i = 0; i < runCount; i++) {
        const lossOf = (random: () => number) => independentLoss(lossRatio, random);
        sum += receive(transmission, levels, lossOf, lossRatio, seedOf(seed, percent * 10, i)).passes;
      }
      return [percent, sum / runCount] as const;
    });
    return { name, points };
  };
  return [
    of('layercast, 12 channels', transmissionOf(ladder, SIZE_BYTES, 'raptorq')),
    of('layercast, code: none, 12 channels', transmissionOf(ladder, SIZE_BYTES, 'none')),
    of('layercast, code: none, one channel', transmissionOf(single, SIZE_BYTES, 'none')),
    of("iotupd's loop", {
      ...single,
      geometry: geometryOf(SIZE_BYTES, IOTUPD_BYTES, blockCountFor(SIZE_BYTES, IOTUPD_BYTES, IOTUPD_BLOCK)),
      code: 'none',
      intervalsUs: [intervalUs(10e6, IOTUPD_BYTES)],
    }),
  ];
}

export function passesChart(series: readonly PassesSeries[]): string {
  return chart({
    title: 'What must be sent until a receiver of 100 MB is done',
    xLabel: 'datagrams lost, %',
    yLabel: 'passes over the file',
    xRange: [0, 30],
    series: series.map((line) => ({ ...line, isDashed: line.name.startsWith('iotupd') })),
  });
}
