import { type Geometry, geometryOf } from '../../object/geometry.js';
import { rateOf } from '../../rate/ladder/ladder.js';
import { forecastLevel, type HeardStream } from '../../sender/schedule/level-plan.js';
import { planRing } from '../../sender/schedule/ring.js';
import { type Descriptor, NO_CODE } from '../../wire/descriptor.js';

/** Loss ratios for which overheads are computed. The highest one not above the real loss is used. */
const LOSS_STEPS = [0, 0.01, 0.03, 0.1, 0.3, 0.6] as const;

/**
 * The share of the object that a received symbol is worth, where symbols are only counted. By the forecast, K · (1 +
 * overhead) symbols must be received to complete K symbols, with these channels and this loss; each is worth 1 / (K · (1 +
 * overhead)).
 */
export class SymbolWorth {
  readonly #geometry: Geometry;
  readonly #streams: readonly (HeardStream & { readonly channel: number })[];
  readonly #known = new Map<number, number>();

  constructor(descriptor: Descriptor) {
    const { sizeBytes, symbolBytes, blockCount } = descriptor;
    this.#geometry = geometryOf(sizeBytes, symbolBytes, blockCount);
    this.#streams = streamsOf(descriptor, this.#geometry);
  }

  /** @param channelMask bit i for channel i. */
  of(channelMask: number, lossRatio: number): number {
    const step = LOSS_STEPS.findLastIndex((known) => lossRatio >= known);
    const key = (channelMask >>> 0) * LOSS_STEPS.length + step;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const heard = this.#streams.filter(({ channel }) => ((channelMask >>> channel) & 1) === 1);
    const { overheads } = forecastLevel(this.#geometry, heard, [LOSS_STEPS[step]!]);
    const worth = 1 / (this.#geometry.symbolCount * (1 + overheads[0]!));
    this.#known.set(key, worth);
    return worth;
  }
}

function streamsOf(descriptor: Descriptor, geometry: Geometry) {
  const { channels, servers, symbolBytes, mode, fecEncodingId } = descriptor;
  const rates = channels.map(({ intervalUs }) => rateOf(intervalUs, symbolBytes));
  const arcs =
    fecEncodingId === NO_CODE
      ? undefined
      : planRing({ blockSymbolCount: geometry.longBlockSymbolCount, mode, rates, serverCount: servers.length });
  return servers.flatMap((server) =>
    channels.flatMap(({ startRatio }, channel) =>
      server.channels?.includes(channel) === false
        ? []
        : [
            {
              channel,
              startRatio: (startRatio + server.startRatio) % 1,
              rate: rates[channel]!,
              arc: arcs?.[server.index]?.[channel],
            },
          ],
    ),
  );
}
