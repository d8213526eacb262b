import { formatQuantity, RATE } from '../base/units.js';
import type { Fault } from '../config/faults.js';
import type { Path, YamlSource } from '../config/yaml-source.js';
import { type DisciplineOptions, FQ_CODEL_DEFAULTS } from '../simulate/index.js';
import type { LinkModel } from './model-fields.js';
import { MAX_WANDERING_BITS_PER_SECOND, type TracePlace, type Traces } from './traces.js';

/** Time between two beacons of nearly every access point: 100 units of 1024 µs (IEEE 802.11). */
const BEACON_INTERVAL_US = 102_400;

/** What the simulator needs to know of a model; undefined where a trace could not be read or made. */
export function disciplineFor(
  model: LinkModel,
  rateBitsPerSecond: number | undefined,
  traces: Traces,
  place: TracePlace,
): DisciplineOptions | undefined {
  switch (model.kind) {
    case 'tokenBucket':
    case 'policer':
      return { kind: model.kind, burstBytes: model.burst, lineRateBitsPerSecond: model.lineRate };
    case 'bursts':
      return { kind: 'bursts', periodUs: Math.round(model.period), lineRateBitsPerSecond: model.lineRate };
    case 'beacons': {
      const { interval = BEACON_INTERVAL_US, dtim = 1 } = model;
      return { kind: 'beacons', periodUs: Math.round(interval) * dtim };
    }
    case 'trace':
    case 'wandering':
      return traces.optionsOf(model, rateBitsPerSecond, place);
    case 'fqCodel': {
      const { target, interval, quantum, flows } = model;
      return {
        ...FQ_CODEL_DEFAULTS,
        kind: 'fqCodel',
        ...(target === undefined ? {} : { targetUs: target }),
        ...(interval === undefined ? {} : { intervalUs: interval }),
        ...(quantum === undefined ? {} : { quantumBytes: quantum }),
        ...(flows === undefined ? {} : { flowCount: flows }),
      };
    }
  }
}

/** Settings of a direction that do not go with its model. `direction` may also be a change of it, without the model. */
export function modelFaults(
  model: LinkModel | undefined,
  direction: { readonly rate?: unknown; readonly queue?: unknown; readonly at?: unknown },
  path: Path,
  source: YamlSource,
): readonly Fault[] {
  if (model?.kind === 'trace' && direction.rate !== undefined) {
    const text = 'a trace is the rate itself, found a rate too, allowed: a link of another kind with a rate';
    return [source.faultAt([...path, 'rate'], text, 'key')];
  }
  if (model?.kind === 'wandering' && direction.rate !== undefined && 'at' in direction) {
    const text = 'a wandering link has one mean rate, found another, allowed: other changes';
    return [source.faultAt([...path, 'rate'], text, 'key')];
  }
  if (model?.kind === 'policer' && direction.queue !== undefined) {
    const text = 'a policer has no queue, found a queue, allowed: kind tokenBucket with a queue';
    return [source.faultAt([...path, 'queue'], text, 'key')];
  }
  return [];
}

/** The fault of a model with a rate that it cannot have, or with none. */
export function rateFault(
  model: LinkModel | undefined,
  rate: unknown,
  path: Path,
  source: YamlSource,
): readonly Fault[] {
  if (model?.kind === 'wandering' && rate !== undefined && !(Number(rate) <= MAX_WANDERING_BITS_PER_SECOND)) {
    const found = typeof rate === 'object' ? 'a range' : 'more';
    const text = `a wandering link has one mean rate, found ${found}, allowed: a rate of at most 100 Mbit`;
    return [source.faultAt([...path, 'rate'], text)];
  }
  if (model === undefined || model.kind === 'trace' || rate !== undefined) return [];
  const text = `a link of kind ${model.kind} needs a rate, found no rate, allowed: a rate beside link`;
  return [source.faultAt([...path, 'link'], text, 'key')];
}

/**
 * The fault of a wire behind a link that is slower than the link.
 *
 * @param rateBitsPerSecond the link's highest; undefined if it has none, or if this change leaves it alone
 * @param at the setting that is wrong: the wire's rate, or the rate that a change sets
 */
export function lineRateFault(
  model: LinkModel | undefined,
  rateBitsPerSecond: number | undefined,
  at: Path,
  source: YamlSource,
): readonly Fault[] {
  if (model === undefined || !('lineRate' in model) || model.lineRate === undefined) return [];
  if (rateBitsPerSecond === undefined || model.lineRate >= rateBitsPerSecond) return [];
  const [line, link] = [model.lineRate, rateBitsPerSecond].map((rate) => formatQuantity(RATE, rate));
  const text = `faster than the wire behind the link, found a lineRate of ${line} and a rate of ${link}, allowed: a lineRate of at least the rate`;
  return [source.faultAt(at, text)];
}
