import { listOf } from '../base/units.js';
import type { Fault } from '../config/faults.js';
import { readSettings } from '../config/read-settings.js';
import { readText } from '../config/read-text.js';
import type { Repair } from '../config/usable-part.js';
import type { YamlSource } from '../config/yaml-source.js';
import type { FleetServer } from '../fleet/fleet.js';
import type { CapacityTrace, Scenario, ScenarioServer, TrafficOptions } from '../simulate/index.js';
import { Prng } from '../simulate/random/prng.js';
import { LinkTree } from './link-tree.js';
import { readTraces } from './read-traces.js';
import { resolveLinks, settingsOf } from './resolve-links.js';
import { type FleetPart, fleetPartOf, resolveObject, startRatioOf } from './resolve-object.js';
import { resolveReceivers } from './resolve-receivers.js';
import { type ScenarioFile, type ServerEntry, scenarioSchema, type TrafficEntry } from './scenario-schema.js';
import { serverFaults, stopFaults } from './server-faults.js';
import { Traces } from './traces.js';

/**
 * Reads and checks a scenario file, and the fleet file that it may refer to.
 *
 * @param seed overrides the file's.
 * @throws {ConfigError} `CONFIG_INVALID` with every fault; {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED` or `FILE_IO`.
 */
export async function loadScenario(path: string, seed?: string): Promise<Scenario> {
  return parseScenario(await readText(path), path, seed);
}

/**
 * Checks the text of a scenario file; `path` names it in faults, and a relative path in it starts from its folder.
 *
 * @throws {ConfigError} `CONFIG_INVALID` with every fault; what reading a fleet file throws.
 */
export async function parseScenario(text: string, path: string, seed?: string): Promise<Scenario> {
  const { file, source, folder, conclude } = readSettings(scenarioSchema, text, path, REPAIR);
  const { part, faults } = await fleetPartOf(file.object, source, folder);
  if (faults.length > 0) return conclude<Scenario>(undefined, faults);
  const { files, faults: traceFaults } = await readTraces(file.links ?? {}, source, folder);
  const made = resolveScenario(file, part, files, source, seed ?? String(file.seed));
  return conclude(made.scenario, [...traceFaults, ...made.faults]);
}

const REPAIR: Repair = {
  // The stand-in for the object has no channels, so that the channels that receivers name are not checked.
  standIns: { duration: '1s', sampleInterval: '500ms', seed: 1, object: { size: '1MB' }, receivers: {} },
  undivided: ['object'],
  entries: 'trim',
};

function resolveScenario(
  file: ScenarioFile,
  part: FleetPart | undefined,
  files: ReadonlyMap<string, CapacityTrace>,
  source: YamlSource,
  seed: string,
) {
  const prng = new Prng(seed).fork('scenario');
  const faults: Fault[] = [];
  const servers = serverEntries(file, part, source, faults);
  const { object, faults: objectFaults } = resolveObject(file.object, part, servers.length, source);
  const tree = new LinkTree(file.links ?? {}, source);
  const links = resolveLinks(file.links ?? {}, tree, new Traces(files, file.duration, prng), source, prng);
  const channelCount = object?.channels.length ?? 0;
  const receiverEntries = source.inOrder(file.receivers, ['receivers']);
  const receivers = resolveReceivers(receiverEntries, channelCount, tree, source, prng);
  const resolved = servers.map(([name, entry, ofFleet], index) => {
    tree.expect(entry.below, ['servers', name, 'below']);
    // Channels and addresses of a fleet's servers are those of the fleet file, which has been checked.
    faults.push(...serverFaults(entry, ofFleet === undefined ? channelCount : 0, ['servers', name], source));
    return serverOf(name, entry, ofFleet, index, servers.length, object?.sizeBytes ?? 0);
  });
  const traffic = source.inOrder(file.traffic ?? {}, ['traffic']).flatMap(([name, entry]) => {
    tree.expect(entry.below, ['traffic', name, 'below']);
    tree.expect(entry.from, ['traffic', name, 'from']);
    faults.push(...trafficFaults(name, entry, tree, source));
    return trafficOf(name, entry, tree);
  });
  faults.push(...objectFaults, ...links.faults, ...receivers.faults, ...tree.faults);
  if (object === undefined) return { scenario: undefined, faults };
  const scenario: Scenario = {
    seed,
    durationUs: file.duration,
    sampleIntervalUs: file.sampleInterval,
    object,
    servers: resolved,
    links: links.links,
    receivers: receivers.receivers,
    traffic,
  };
  return { scenario, faults };
}

/** Servers by name, each with its entries in the scenario and in the fleet file, in the order of their indexes. */
function serverEntries(
  file: ScenarioFile,
  part: FleetPart | undefined,
  source: YamlSource,
  faults: Fault[],
): readonly (readonly [string, ServerEntry, FleetServer | undefined])[] {
  const written = source.inOrder<ServerEntry>(file.servers ?? {}, ['servers']);
  if (part === undefined) {
    const entries = written.length === 0 ? [['server', {}] as [string, ServerEntry]] : written;
    return entries.map(([name, entry]) => [name, entry, undefined] as const);
  }
  const senders = part.fleet.servers.filter(({ objects }) => objects?.includes(part.object.name) ?? true);
  const names = senders.map(({ name }) => name);
  for (const [name, entry] of written) {
    const path = ['servers', name];
    if (!names.includes(name)) {
      const text = `not a server of the fleet file that sends this object, found ${JSON.stringify(name)}`;
      faults.push(source.faultAt(path, `${text}, allowed: ${listOf(names)}`, 'key'));
    }
    for (const key of ['offset', 'channels', 'address'] as const) {
      if (entry[key] === undefined) continue;
      const text =
        'given by the fleet file, found here too, allowed: below, rate, queue, delay, clockError, clockDrift, start, stop and deaths';
      faults.push(source.faultAt([...path, key], text, 'key'));
    }
  }
  return senders.map((server) => [server.name, written.find(([name]) => name === server.name)?.[1] ?? {}, server]);
}

function serverOf(
  name: string,
  entry: ServerEntry,
  ofFleet: FleetServer | undefined,
  index: number,
  serverCount: number,
  sizeBytes: number,
): ScenarioServer {
  return {
    name,
    below: entry.below,
    up: settingsOf({ rate: entry.rate, queue: entry.queue, delay: entry.delay }),
    address: ofFleet?.address ?? entry.address ?? `fd00:5::${(index + 1).toString(16)}`,
    startRatio: startRatioOf(ofFleet === undefined ? entry.offset : ofFleet.offset, index, serverCount, sizeBytes),
    channels: ofFleet === undefined ? entry.channels : ofFleet.channels,
    clockErrorUs: entry.clockError ?? 0,
    driftPpm: entry.clockDrift ?? 0,
    startUs: entry.start ?? 0,
    stopUs: entry.stop,
    deaths: (entry.deaths ?? []).map(({ at, rise }) => ({ atUs: at, riseUs: rise })),
  };
}

/** One flow for each link of the entry that its receiver is below. */
function trafficOf(name: string, entry: TrafficEntry, tree: LinkTree): readonly TrafficOptions[] {
  const count = tree.countOf(entry.below);
  return Array.from({ length: count }, (_, index) => ({
    name: count === 1 ? name : `${name}/${index + 1}`,
    kind: entry.kind,
    below: tree.linkName(entry.below, index),
    from: tree.linkAbove(entry.from, index),
    startUs: entry.start,
    stopUs: entry.stop,
    rateBitsPerSecond: entry.rate,
    returnDelayUs: entry.returnDelay,
    packetBytes: entry.packetBytes,
  }));
}

function trafficFaults(name: string, entry: TrafficEntry, tree: LinkTree, source: YamlSource): readonly Fault[] {
  const { kind, rate, below, from } = entry;
  const path = ['traffic', name, 'rate'];
  const faults = [...stopFaults(entry, ['traffic', name], source)];
  if (kind === 'udp' && rate === undefined) {
    faults.push(source.faultAt(path, 'missing, found nothing, allowed: a rate'));
  } else if (kind !== 'udp' && rate !== undefined) {
    const text = 'TCP finds its own rate, found a rate, allowed: a rate with kind udp only';
    faults.push(source.faultAt(path, text, 'key'));
  }
  if (kind !== 'udp' && !tree.isLimited(below, 'down') && !tree.isLimited(from, 'up')) {
    const text =
      'TCP is as fast as the slowest link on its way, found none with a rate, allowed: links of which one has a rate';
    faults.push(source.faultAt(['traffic', name, 'below'], text));
  }
  return faults;
}
