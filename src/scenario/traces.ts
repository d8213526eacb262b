import { type CapacityTrace, type DisciplineOptions, wanderingTrace } from '../simulate/index.js';
import type { Prng } from '../simulate/random/prng.js';
import type { LinkModel } from './model-fields.js';

/** A trace that is made up begins again after this time at the latest. */
const MADE_UP_S = 600;
/** Above this mean, a trace that is made up would take too much memory: 5 million times take 20 MB. */
export const MAX_WANDERING_BITS_PER_SECOND = 100e6;
/** Mean length of an outage, unless a scenario says otherwise. */
const OUTAGE_US = 1e6;

/** Which of the links of an entry asks, and for which of its directions. */
export interface TracePlace {
  readonly entry: string;
  readonly direction: 'down' | 'up';
  readonly index: number;
}

/** The traces of a scenario: those read from files, and those made up. */
export class Traces {
  readonly #files: ReadonlyMap<string, CapacityTrace>;
  readonly #seconds: number;
  readonly #prng: Prng;
  /** By entry and direction: the links of an entry have different parts of the same trace. Bounded by the file. */
  readonly #madeUp = new Map<string, CapacityTrace>();

  /** @param files by what the scenario file calls them. */
  constructor(files: ReadonlyMap<string, CapacityTrace>, durationUs: number, prng: Prng) {
    this.#files = files;
    this.#seconds = Math.min(MADE_UP_S, Math.ceil(durationUs / 1e6));
    this.#prng = prng;
  }

  /** Mean rate of the file of a link; undefined for other kinds of link, and if the file could not be read. */
  meanOf(model: LinkModel | undefined): number | undefined {
    return model?.kind === 'trace' ? this.#files.get(model.file)?.meanBitsPerSecond : undefined;
  }

  /** What a link with a trace needs; undefined if its file could not be read, or its rate is missing. */
  optionsOf(
    model: Extract<LinkModel, { kind: 'trace' | 'wandering' }>,
    rateBitsPerSecond: number | undefined,
    place: TracePlace,
  ): DisciplineOptions | undefined {
    const isFile = model.kind === 'trace';
    const trace = isFile ? this.#files.get(model.file) : this.#wandering(model, rateBitsPerSecond, place);
    if (trace === undefined) return undefined;
    const offsetUs = Math.round(isFile ? (model.offset ?? 0) : this.#offsetUs(trace, place));
    return { kind: 'trace', trace, offsetUs, lineRateBitsPerSecond: model.lineRate };
  }

  #wandering(
    { outage = OUTAGE_US, outageEvery = Number.POSITIVE_INFINITY }: Extract<LinkModel, { kind: 'wandering' }>,
    meanBitsPerSecond: number | undefined,
    place: TracePlace,
  ): CapacityTrace | undefined {
    if (meanBitsPerSecond === undefined || meanBitsPerSecond > MAX_WANDERING_BITS_PER_SECOND) return undefined;
    const key = `${place.entry} ${place.direction}`;
    const known = this.#madeUp.get(key);
    if (known !== undefined) return known;
    const outages = { outageEveryS: outageEvery / 1e6, outageS: outage / 1e6 };
    const prng = this.#prng.fork(`wandering ${key}`);
    const made = wanderingTrace({ meanBitsPerSecond, seconds: this.#seconds, ...outages }, prng);
    this.#madeUp.set(key, made);
    return made;
  }

  /** Whole ms, as the times of a trace. */
  #offsetUs(trace: CapacityTrace, { entry, direction, index }: TracePlace): number {
    if (index === 0) return 0;
    return (
      1000 * Math.floor(this.#prng.fork(`offset ${entry} ${direction} ${index}`).ratio() * (trace.periodUs / 1000))
    );
  }
}
