import { blockCountFor, geometryOf } from '../../dist/object/geometry.js';
import { intervalUs, layersOf, thirdsLevels } from '../../dist/rate/ladder/ladder.js';
import { automaticBlockSymbols } from '../../dist/sender/schedule/block-size.js';
import { burstLoss, independentLoss, type Loss, type Random } from './random.js';
import type { Levels } from './reception.js';
import type { Transmission } from './transmission.js';

export const SYMBOL_BYTES = 1184;
/** Levels of 1 to 13.3 Mbit/s in thirds of an octave. */
export const LADDER: readonly number[] = layersOf(thirdsLevels(1e6, 13.4e6));
/** Rates that a user might choose without thinking of octaves; bit/s. */
const ODD_LADDER = [1_000_000, 370_000, 2_900_000, 110_000, 5_300_000, 770_000, 7_000_000, 4_210_000] as const;
const ONE_CHANNEL = [10e6] as const;
const LEVEL_CHANGE_US = 2e6;
const NEVER_US = 1e15;

/** One line of the table: a situation and a loss, over several levels and many start times. */
export interface Row {
  readonly situation: string;
  readonly lossRatio: number;
  readonly lossOf: (random: Random) => Loss;
  /** A table cell for the loss. */
  readonly loss: string;
  readonly rates: readonly number[];
  readonly mode: Transmission['mode'];
  readonly clockErrorsUs: readonly number[];
  /** One receiver for each. */
  readonly levels: readonly Levels[];
  /** Limit of the mean overhead; that of the time is the same everywhere. */
  readonly targetOverhead: number;
}

/** All rows of the table, in its order. */
export function gridRows(): readonly Row[] {
  const single = { rates: ONE_CHANNEL, mode: 'several', clockErrorsUs: [0], levels: [fixed([0])] } as const;
  const ladder = { rates: LADDER, mode: 'several', clockErrorsUs: [0], levels: everyLevel(LADDER) } as const;
  const some = [0, 5, 11].map((top) => fixed(upTo(top)));
  const servers = (count: number, clockErrorsUs = Array.from({ length: count }, () => 0)) =>
    ({ rates: LADDER, mode: 'several', clockErrorsUs, levels: some }) as const;
  return [
    ...losses([0], { situation: 'one channel, no loss', targetOverhead: 0.005, ...single }),
    ...losses([0.01, 0.05, 0.1, 0.2], { situation: 'one channel', targetOverhead: 0.01, ...single }),
    {
      situation: 'one channel, bursts of 1-200',
      targetOverhead: 0.02,
      ...single,
      lossRatio: 0.05,
      loss: '5 %',
      lossOf: (random) => burstLoss(0.05, 200, random),
    },
    ...losses([0, 0.01, 0.05, 0.1], { situation: '12 channels, each level', targetOverhead: 0.01, ...ladder }),
    ...losses([0.01], {
      situation: '12 channels, level moves over 5',
      targetOverhead: 0.03,
      ...ladder,
      levels: [0, 3, 7].map((lowest) => moving((step) => upTo(lowest + triangle(step)))),
    }),
    ...losses([0, 0.01, 0.05], { situation: '2 servers, 12 channels', targetOverhead: 0.01, ...servers(2) }),
    ...losses([0, 0.01, 0.05], { situation: '4 servers, 12 channels', targetOverhead: 0.01, ...servers(4) }),
    ...losses([0, 0.01, 0.05], {
      situation: '2 servers, clocks 5 s apart',
      targetOverhead: 0.02,
      ...servers(2, [0, 5e6]),
    }),
    ...losses([0, 0.01, 0.05, 0.1], {
      situation: '8 odd rates, each level',
      targetOverhead: 0.02,
      ...ladder,
      rates: ODD_LADDER,
      levels: everyLevel(ODD_LADDER),
    }),
    ...losses([0.01], {
      situation: 'best: moves over 5 channels',
      targetOverhead: 0.03,
      ...ladder,
      mode: 'best',
      levels: [0, 3, 7].map((lowest) => moving((step) => [lowest + triangle(step)])),
    }),
  ];
}

/** The transmission of a row for an object of this size. */
export function transmissionOf(
  row: Pick<Row, 'rates' | 'mode' | 'clockErrorsUs'>,
  sizeBytes: number,
  code: Transmission['code'],
): Transmission {
  const { rates, mode, clockErrorsUs } = row;
  const blockSymbols = automaticBlockSymbols(code, Math.ceil(sizeBytes / SYMBOL_BYTES), SYMBOL_BYTES);
  return {
    geometry: geometryOf(sizeBytes, SYMBOL_BYTES, blockCountFor(sizeBytes, SYMBOL_BYTES, blockSymbols)),
    code,
    mode,
    intervalsUs: rates.map((rate) => intervalUs(rate, SYMBOL_BYTES)),
    clockErrorsUs,
  };
}

function losses(lossRatios: readonly number[], row: Omit<Row, 'lossRatio' | 'loss' | 'lossOf'>): Row[] {
  return lossRatios.map((lossRatio) => ({
    ...row,
    lossRatio,
    loss: `${lossRatio * 100} %`,
    lossOf: (random) => independentLoss(lossRatio, random),
  }));
}

export function fixed(channels: readonly number[]): Levels {
  return { channelsAt: () => channels, changeEveryUs: NEVER_US };
}

function everyLevel(rates: readonly number[]): Levels[] {
  return rates.map((_, top) => fixed(upTo(top)));
}

export function upTo(top: number): number[] {
  return Array.from({ length: top + 1 }, (_, channel) => channel);
}

function moving(channelsOf: (step: number) => readonly number[]): Levels {
  return {
    channelsAt: (elapsedUs) => channelsOf(Math.round(elapsedUs / LEVEL_CHANGE_US)),
    changeEveryUs: LEVEL_CHANGE_US,
  };
}

/** 0, 1, 2, 3, 4, 3, 2, 1, 0, 1, … */
function triangle(step: number): number {
  return 4 - Math.abs((step % 8) - 4);
}
