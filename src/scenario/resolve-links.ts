import { formatQuantity, RATIO } from '../base/units.js';
import type { Fault } from '../config/faults.js';
import type { Path, YamlSource } from '../config/yaml-source.js';
import {
  DEFAULT_QUEUE_BYTES,
  FQ_CODEL_QUEUE_BYTES,
  LEAST_QUEUE_BYTES,
  type LinkChange,
  type LinkOptions,
  type LinkSettings,
  type LossOptions,
  lossInBursts,
  mostLostIn,
  type ScenarioLink,
} from '../simulate/index.js';
import type { Prng } from '../simulate/random/prng.js';
import type { LinkTree } from './link-tree.js';
import { disciplineFor, lineRateFault, modelFaults, rateFault } from './resolve-model.js';
import type { DirectionEntry, LinkEntry, SettingsEntry } from './scenario-schema.js';
import type { TracePlace, Traces } from './traces.js';

/** The links of a scenario, each after the link that it is below, and their faults. */
export function resolveLinks(
  entries: Readonly<Record<string, LinkEntry>>,
  tree: LinkTree,
  traces: Traces,
  source: YamlSource,
  prng: Prng,
): { readonly links: readonly ScenarioLink[]; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const links = tree.order.flatMap((name) => {
    const entry = entries[name]!;
    const path: Path = ['links', name];
    tree.expect(entry.below, [...path, 'below']);
    faults.push(...faultsOf(entry, path, traces, source));
    const rates = prng.fork(`rates of ${name}`);
    return Array.from({ length: entry.count ?? 1 }, (_, index) => {
      const rate = rateFrom(entry.rate, rates);
      return {
        name: tree.linkName(name, index),
        below: tree.linkAbove(entry.below, index),
        down: directionOf({ ...entry, rate }, traces, { entry: name, direction: 'down', index }),
        up: directionOf(entry.up ?? {}, traces, { entry: name, direction: 'up', index }),
        graftDelayUs: entry.graftDelay,
        leaveLatencyUs: entry.leaveLatency,
        changes: changesOf(entry, rate),
      };
    });
  });
  return { links, faults };
}

/** One direction of a link. */
function directionOf(entry: DirectionEntry, traces: Traces, place: TracePlace): LinkOptions {
  const { link, queue, rate } = entry;
  const settings = settingsOf(entry);
  if (link === undefined) return settings;
  // Fair queueing keeps its queues short itself.
  const queueBytes = link.kind === 'fqCodel' && queue === undefined ? FQ_CODEL_QUEUE_BYTES : settings.queueBytes;
  return { ...settings, queueBytes, discipline: disciplineFor(link, rate, traces, place) };
}

/** What of a direction can change. A queue given as a time holds the bytes that the rate sends in that time, but at least a packet. */
export function settingsOf({ rate, queue, delay, loss, jitter }: SettingsEntry): LinkSettings {
  return {
    rateBitsPerSecond: rate,
    queueBytes: queueBytesOf(queue, rate),
    delayUs: delay,
    loss: loss === undefined ? undefined : lossOf(loss),
    jitterUs: jitter,
  };
}

/** The fault of a queue that is given as a time without a rate. */
export function queueFault(
  { queue, rate, link }: Pick<DirectionEntry, 'queue' | 'link'> & { readonly rate?: unknown },
  path: Path,
  source: YamlSource,
): readonly Fault[] {
  if (queue === undefined || !('us' in queue) || rate !== undefined) return [];
  const text =
    link?.kind === 'trace'
      ? 'a link with a trace has no one rate that says how long its queue is, found a time, allowed: bytes, such as 150kB'
      : 'a queue given as a time needs a rate, found no rate, allowed: bytes, or a rate with it';
  return [source.faultAt([...path, 'queue'], text)];
}

/** The fault of bursts that are too short for the share that they should lose: it would be lost less. */
function lossFault({ loss }: Pick<SettingsEntry, 'loss'>, path: Path, source: YamlSource): readonly Fault[] {
  if (typeof loss !== 'object') return [];
  const most = mostLostIn(loss.burst);
  if (loss.share <= most) return [];
  const text =
    `too much for such short bursts, between which packets arrive, found ${formatQuantity(RATIO, loss.share)} in bursts of ${loss.burst}, ` +
    `allowed: a share of at most ${formatQuantity(RATIO, Math.floor(1000 * most) / 1000)}, or a burst of at least ${Math.ceil(loss.share / (1 - loss.share) - 1e-9)}`;
  return [source.faultAt([...path, 'loss'], text)];
}

function directionFaults(
  direction: Omit<DirectionEntry, 'rate'> & Pick<LinkEntry, 'rate'>,
  path: Path,
  traces: Traces,
  source: YamlSource,
): readonly Fault[] {
  const { link, rate } = direction;
  const mostRate = traces.meanOf(link) ?? (typeof rate === 'object' ? rate.to : rate);
  return [
    ...queueFault(direction, path, source),
    ...lossFault(direction, path, source),
    ...modelFaults(link, direction, path, source),
    ...rateFault(link, rate, path, source),
    ...lineRateFault(link, mostRate, [...path, 'link', 'lineRate'], source),
  ];
}

function faultsOf(entry: LinkEntry, path: Path, traces: Traces, source: YamlSource): readonly Fault[] {
  const range = typeof entry.rate === 'object' && entry.rate.from > entry.rate.to;
  const { link } = entry;
  return [
    ...directionFaults(entry, path, traces, source),
    ...directionFaults(entry.up ?? {}, [...path, 'up'], traces, source),
    ...(entry.changes ?? []).flatMap((change, index) => [
      ...queueFault({ link, rate: entry.rate, ...defined(change) }, [...path, 'changes', index], source),
      ...lossFault(change, [...path, 'changes', index], source),
      ...modelFaults(link, change, [...path, 'changes', index], source),
      ...lineRateFault(link, change.rate, [...path, 'changes', index, 'rate'], source),
    ]),
    ...(range
      ? [source.faultAt([...path, 'rate'], 'an empty range, found "from" above "to", allowed: "from" of at most "to"')]
      : []),
  ];
}

/** A random rate, uniform in its logarithm: as many links are between 1 and 2 as between 10 and 20. */
function rateFrom(rate: LinkEntry['rate'], prng: Prng): number | undefined {
  if (typeof rate !== 'object') return rate;
  return Math.round(rate.from * (rate.to / rate.from) ** prng.ratio());
}

/** Each change names only the settings that change. A queue that was given as a time keeps its time at a new rate. */
function changesOf(entry: LinkEntry, rate: number | undefined): readonly LinkChange[] {
  let { queue } = entry;
  let current = rate;
  return (entry.changes ?? [])
    .toSorted((a, b) => a.at - b.at)
    .map((change) => {
      current = change.rate ?? current;
      queue = change.queue ?? queue;
      return {
        atUs: change.at,
        down: defined({ ...settingsOf(change), queueBytes: queueBytesOf(queue, current) }),
      };
    });
}

function queueBytesOf(queue: DirectionEntry['queue'], rate: number | undefined): number | undefined {
  if (queue === undefined) return undefined;
  if ('bytes' in queue) return queue.bytes;
  return rate === undefined ? DEFAULT_QUEUE_BYTES : Math.max(LEAST_QUEUE_BYTES, Math.ceil((queue.us * rate) / 8e6));
}

function lossOf(loss: NonNullable<DirectionEntry['loss']>): LossOptions {
  return typeof loss === 'number' ? loss : lossInBursts(loss.share, loss.burst);
}

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<T>;
}
