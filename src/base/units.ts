/**
 * Quantities as people write them: a number and a unit, `1.5Mbit`, `250us`, `10 MB`, `33%`. A number without a unit
 * is refused, because its meaning would be a guess.
 */
export interface Quantity {
  /** With the article, for messages: `a rate`. */
  readonly name: string;
  /** Factor of each unit: how many base units it is. `parseQuantity` returns a number of base units. */
  readonly units: Readonly<Record<string, number>>;
  readonly example: string;
  /** What may follow a unit and changes nothing. @default nothing */
  readonly ending?: string;
}

/** Rates; the base unit is bit/s. Multiples are decimal, as everywhere in networking. */
export const RATE: Quantity = {
  name: 'a rate',
  units: { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 },
  example: '1.5Mbit',
  ending: '/s',
};

/** Times; the base unit is the microsecond. */
export const DURATION: Quantity = {
  name: 'a time',
  units: { us: 1, ms: 1e3, s: 1e6, min: 60e6, h: 3600e6, d: 86_400e6 },
  example: '5ms',
};

/** Sizes; the base unit is the byte. Multiples are those of SI and IEC 80000-13. */
export const SIZE: Quantity = {
  name: 'a size',
  units: { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 },
  example: '10MB',
};

/** Shares; in the base unit, 1 is all. */
export const RATIO: Quantity = { name: 'a share', units: { '%': 0.01 }, example: '33%' };

/** The values that a setting allows: a quantity between two bounds in its base unit, both allowed. */
export interface Bounds {
  readonly quantity: Quantity;
  readonly min: number;
  readonly max: number;
}

/** The value in its base unit; undefined if the text is not such a quantity or the value is out of bounds. */
export function parseWithin({ quantity, min, max }: Bounds, text: string): number | undefined {
  const value = parseQuantity(quantity, text);
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

/** The bounds in words: `1 kbit to 100 Gbit`. */
export function rangeOf({ quantity, min, max }: Bounds): string {
  return `${formatQuantity(quantity, min)} to ${formatQuantity(quantity, max)}`;
}

/** The quantity's value in its base unit, or undefined when the text is not such a quantity. Units are case-sensitive. */
export function parseQuantity(quantity: Quantity, text: string): number | undefined {
  const match = new RegExp(patternOf(quantity)).exec(text);
  const factor = match === null ? undefined : quantity.units[withoutEnding(quantity, match[2]!)];
  if (factor === undefined) return undefined;
  // 33 × 0.01 is 0.33000000000000002; dividing by the whole number 100 is exact to the last bit.
  return factor < 1 ? Number(match![1]) / Math.round(1 / factor) : Number(match![1]) * factor;
}

/** A regular expression (as text, for JSON Schema too) of what `parseQuantity` takes; groups: number, unit. */
export function patternOf(...quantities: readonly Quantity[]): string {
  const units = quantities.flatMap(({ units, ending }) =>
    Object.keys(units).map((unit) => (ending === undefined ? unit : `${unit}(?:${ending})?`)),
  );
  return `^([0-9]{1,15}(?:\\.[0-9]{1,9})?) ?(${units.join('|')})$`;
}

function withoutEnding({ ending }: Quantity, unit: string): string {
  return ending !== undefined && unit.endsWith(ending) ? unit.slice(0, -ending.length) : unit;
}

/** What a quantity looks like, for messages: `a number and bit, kbit, Mbit or Gbit, such as 1.5Mbit`. */
export function formOf(quantity: Quantity): string {
  return `a number and ${listOf(Object.keys(quantity.units))}, such as ${quantity.example}`;
}

/** `a, b or c`. */
export function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** A value in the largest (decimal) unit that keeps it at 1 or more, with at most `digits` significant digits: `1.33 Mbit`. */
export function formatQuantity(quantity: Quantity, value: number, digits = 3): string {
  const units = Object.entries(quantity.units).filter(([unit]) => !unit.endsWith('iB'));
  const [unit, factor] = units.findLast(([, factor]) => Number((value / factor).toPrecision(digits)) >= 1) ?? units[0]!;
  return `${Number((value / factor).toPrecision(digits))} ${unit}`;
}

/** A rate as people read it: `1.33 Mbit/s`, and `any rate` without a limit. */
export function rateText(bitsPerSecond: number, digits = 3): string {
  return Number.isFinite(bitsPerSecond) ? `${formatQuantity(RATE, bitsPerSecond, digits)}/s` : 'any rate';
}

/** How many percent are done of something, which are 100 only when all is. */
export function percentOf(doneBytes: number, totalBytes: number): number {
  return totalBytes === 0 ? 100 : Math.floor((100 * doneBytes) / totalBytes);
}
