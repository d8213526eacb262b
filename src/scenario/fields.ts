import { z } from 'zod';
import { DURATION, formOf, listOf, parseQuantity, patternOf, type Quantity, RATE, RATIO, SIZE } from '../base/units.js';
import { mappingOf, quantity, says } from '../config/fields.js';

/** → millionths: how much faster than true time a clock runs. */
const DRIFT: Quantity = { name: 'a drift', units: { ppm: 1 }, example: '50ppm' };

export const rate = quantity(RATE, 100, 100e9);
const share = quantity(RATIO, 0, 1);
/** A moment of the simulation, or how long something takes in it. */
export const moment = quantity(DURATION, 0, 24 * 3600e6);

/** How far a clock is ahead, or behind with a minus sign. */
export const clockError = signed(DURATION, 365 * 86_400e6);
/** How much too fast a clock runs. Real crystals are within ±100 ppm. */
export const clockDrift = signed(DRIFT, 10_000);

/** A rate, or a range from which each of many links gets a random rate. */
export const rateOrRange = z.union([rate, rangeOf(rate)], says('not a rate', `${formOf(RATE)}, or from and to`));

const queueError = says(
  'not the size of a queue',
  `a number and ${listOf(Object.keys(SIZE.units))}, or a time such as 100ms`,
);

/** The size of a queue: bytes, or the time that they take to leave. */
export const queue = z
  .string(queueError)
  .regex(new RegExp(patternOf(SIZE, DURATION)), queueError)
  .refine((value) => {
    const bytes = parseQuantity(SIZE, value);
    return bytes === undefined ? inRange(parseQuantity(DURATION, value), 100, 60e6) : inRange(bytes, 1280, 1e12);
  }, queueError)
  .transform((value) => {
    const bytes = parseQuantity(SIZE, value);
    return bytes === undefined ? { us: parseQuantity(DURATION, value) as number } : { bytes };
  });

const burstShape = {
  share: quantity(RATIO, 0, 0.9).meta({ description: 'Share of packets lost' }),
  burst: z
    .number(says('not a number of packets', 'from 1 to 10000'))
    .min(1, says('not a number of packets', 'from 1 to 10000'))
    .max(10_000, says('not a number of packets', 'from 1 to 10000'))
    .meta({ description: 'Mean number of packets lost in a row' }),
};

/** Losses of single packets, or in bursts (Gilbert 1960). */
export const loss = z.union(
  [share, mappingOf('a loss', burstShape)],
  says('not a loss', 'a share from 0% to 100%, or { share: 1%, burst: 5 }'),
);

function rangeOf<T extends z.ZodType>(bound: T) {
  const shape = { from: bound, to: bound };
  return mappingOf('a range', shape);
}

function inRange(value: number | undefined, min: number, max: number): boolean {
  return value !== undefined && value >= min && value <= max;
}

function signed(kind: Quantity, most: number) {
  const error = says(`not ${kind.name}`, `${formOf(kind)}, with a minus sign or without`);
  const parse = (text: string) => {
    const value = parseQuantity(kind, text.replace(/^-/, ''));
    return value === undefined || !text.startsWith('-') ? value : -value;
  };
  return z
    .string(error)
    .regex(new RegExp(patternOf(kind).replace('^', '^-?')), error)
    .refine((value) => Math.abs(parse(value) ?? Number.POSITIVE_INFINITY) <= most, error)
    .transform((value) => parse(value) as number);
}
