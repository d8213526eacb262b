import { DEFAULT_PATIENCE_US } from '../base/limits.js';
import type { Fault } from '../config/faults.js';
import type { Path, YamlSource } from '../config/yaml-source.js';
import type { ScenarioReceiver } from '../simulate/index.js';
import type { Prng } from '../simulate/random/prng.js';
import type { LinkTree } from './link-tree.js';
import { MAX_RECEIVERS, type ReceiverEntry } from './scenario-schema.js';

/** Most full receivers, each of which runs all of the real code. About 100 of them at 1 Mbit/s run in real time. */
const MAX_FULL_RECEIVERS = 1000;
/** Settings that a crowd cannot have, because its members share what they hear and keep no symbols. */
const FULL_ONLY = ['diskRate', 'sleeps', 'deaths', 'patience'] as const;
/** Sleeps of a full receiver are times that the file names. */
const CROWD_ONLY = ['dutyCycle'] as const;

/** The receivers of a scenario, and their faults. */
export function resolveReceivers(
  entries: readonly (readonly [string, ReceiverEntry])[],
  channelCount: number,
  tree: LinkTree,
  source: YamlSource,
  prng: Prng,
): { readonly receivers: readonly ScenarioReceiver[]; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const receivers: ScenarioReceiver[] = [];
  for (const [name, entry] of entries) {
    const path: Path = ['receivers', name];
    tree.expect(entry.below, [...path, 'below']);
    faults.push(...faultsOf(entry, channelCount, path, source));
    const starts = prng.fork(`starts of ${name}`);
    const startsUs = Array.from(
      { length: entry.count ?? 1 },
      () => (entry.start ?? 0) + Math.floor(starts.ratio() * (entry.startSpread ?? 0)),
    );
    receivers.push(...(isCrowd(entry) ? crowdsOf : singlesOf)(name, entry, startsUs, tree));
  }
  const count = entries.reduce((sum, [, entry]) => sum + (entry.count ?? 1), 0);
  if (count > MAX_RECEIVERS) {
    faults.push(
      source.faultAt(['receivers'], `too many receivers, found ${count} in all, allowed: ${MAX_RECEIVERS}`, 'key'),
    );
  }
  return { receivers, faults };
}

function isCrowd({ model, count = 1 }: ReceiverEntry): boolean {
  return (model ?? (count > 1 ? 'crowd' : 'full')) === 'crowd';
}

function singlesOf(
  name: string,
  entry: ReceiverEntry,
  startsUs: readonly number[],
  tree: LinkTree,
): readonly ScenarioReceiver[] {
  return startsUs.map((startUs, index) => ({
    kind: 'full',
    name: startsUs.length === 1 ? name : `${name}/${index + 1}`,
    ...commonOf(name, entry),
    below: tree.linkAbove(entry.below, index),
    startUs,
    diskBytesPerSecond: entry.diskRate === undefined ? undefined : entry.diskRate / 8,
    patienceUs: entry.patience ?? DEFAULT_PATIENCE_US,
    sleeps: (entry.sleeps ?? []).map(({ from, to }) => ({ fromUs: from, toUs: to })),
    deaths: (entry.deaths ?? []).map(({ at, rise }) => ({ atUs: at, riseUs: rise })),
  }));
}

/** One crowd for each link of the entry that the receivers are below. */
function crowdsOf(
  name: string,
  entry: ReceiverEntry,
  startsUs: readonly number[],
  tree: LinkTree,
): readonly ScenarioReceiver[] {
  const crowdCount = entry.below === undefined ? 1 : Math.min(tree.countOf(entry.below), startsUs.length);
  return Array.from({ length: crowdCount }, (_, index) => ({
    kind: 'crowd',
    name: crowdCount === 1 ? name : `${name}/${index + 1}`,
    ...commonOf(name, entry),
    below: tree.linkAbove(entry.below, index),
    startsUs: startsUs.filter((_, member) => member % crowdCount === index),
    dutyCycle:
      entry.dutyCycle === undefined ? undefined : { awakeUs: entry.dutyCycle.awake, asleepUs: entry.dutyCycle.asleep },
  }));
}

function commonOf(entryName: string, entry: ReceiverEntry) {
  return {
    entry: entryName,
    clockErrorUs: entry.clockError ?? 0,
    driftPpm: entry.clockDrift ?? 0,
    mode: entry.mode ?? 'auto',
    channels: entry.channels,
    maxRateBitsPerSecond: entry.maxRate,
    caution: entry.caution,
  } as const;
}

function faultsOf(entry: ReceiverEntry, channelCount: number, path: Path, source: YamlSource): readonly Fault[] {
  const { count = 1, sleeps = [], deaths = [], channels = [] } = entry;
  const faults: Fault[] = [];
  const add = (at: Path, text: string, where: 'key' | 'value' = 'value') => {
    faults.push(source.faultAt([...path, ...at], text, where));
  };
  if (isCrowd(entry)) {
    for (const key of FULL_ONLY) {
      if (entry[key] === undefined) continue;
      add([key], 'not a setting of crowds, found with model crowd, allowed: with count 1, or model: full', 'key');
    }
  }
  for (const key of isCrowd(entry) ? [] : CROWD_ONLY) {
    if (entry[key] === undefined) continue;
    add([key], 'a setting of crowds, found with model full, allowed: sleeps, or model: crowd', 'key');
  }
  if (!isCrowd(entry) && count > MAX_FULL_RECEIVERS) {
    add(['count'], `too many full receivers, found ${count}, allowed: ${MAX_FULL_RECEIVERS}, or model: crowd`);
  }
  for (const [index, { from, to }] of sleeps.entries()) {
    if (to <= from) add(['sleeps', index, 'to'], notAfter('from', 'to'));
  }
  return [...faults, ...deathFaults(deaths, path, source), ...channelFaults(channels, channelCount, path, source)];
}

/** What is said of a setting that ends what another one begins, and is no later time. */
export function notAfter(begin: string, end: string): string {
  return `ends before it begins, found "${end}" not after "${begin}", allowed: a later time`;
}

/** Channels that the object does not have. @param channelCount 0 if it is not known */
export function channelFaults(
  channels: readonly number[],
  channelCount: number,
  path: Path,
  source: YamlSource,
): readonly Fault[] {
  if (channelCount === 0) return [];
  return channels.flatMap((channel, index) => {
    if (channel < channelCount) return [];
    const text = `no such channel, found ${channel}, allowed: 0 to ${channelCount - 1}`;
    return [source.faultAt([...path, 'channels', index], text)];
  });
}

/** Power cuts that end before they begin. */
export function deathFaults(
  deaths: NonNullable<ReceiverEntry['deaths']>,
  path: Path,
  source: YamlSource,
): readonly Fault[] {
  const text = 'the power is back before it is cut, found "rise" not after "at", allowed: a later time';
  return deaths.flatMap(({ at, rise }, index) =>
    rise !== undefined && rise <= at ? [source.faultAt([...path, 'deaths', index, 'rise'], text)] : [],
  );
}
