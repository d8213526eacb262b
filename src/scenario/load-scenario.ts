import { check } from '../config/check.js';
import { ConfigError, type Fault } from '../config/faults.js';
import { readText } from '../config/read-text.js';
import { listOf } from '../config/units.js';
import { readYaml, type YamlSource } from '../config/yaml-source.js';
import type { FleetServer } from '../fleet/fleet.js';
import { inFileOrder } from '../fleet/resolve.js';
import type { Scenario, ScenarioServer, TrafficOptions } from '../simulate/index.js';
import { Prng } from '../simulate/random/prng.js';
import { PlaceSets } from './place-sets.js';
import { directionOf, queueFault, resolveLinks } from './resolve-links.js';
import { type FleetPart, fleetPartOf, resolveObject, startRatioOf } from './resolve-object.js';
import { resolveReceivers } from './resolve-receivers.js';
import { type ScenarioFile, type ServerEntry, scenarioSchema, type TrafficEntry } from './scenario-schema.js';
import { usablePart } from './usable-part.js';

/**
 * Reads and checks a scenario file, and the fleet file that it may refer to.
 *
 * @param seed goes before the file's.
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
  const source = readYaml(text);
  const { faults, value } = check(scenarioSchema, source);
  const usable = value === undefined ? usablePart(source) : { file: value, isReal: () => true };
  if (usable === undefined) throw new ConfigError(path, faults);
  const { file, isReal } = usable;
  const found = await fleetPartOf(file.object, source, path);
  if (found.faults.length > 0) throw new ConfigError(path, [...faults, ...found.faults]);
  const { scenario, faults: others } = resolveScenario(file, found.part, source, seed ?? String(file.seed));
  const all = [...faults, ...others.filter(isReal)];
  if (all.length > 0 || scenario === undefined) throw new ConfigError(path, all);
  return scenario;
}

function resolveScenario(file: ScenarioFile, part: FleetPart | undefined, source: YamlSource, seed: string) {
  const prng = new Prng(seed).fork('scenario');
  const faults: Fault[] = [];
  const servers = serverEntries(file, part, source, faults);
  const { object, faults: objectFaults } = resolveObject(file.object, part, servers.length, source);
  const places = new PlaceSets(file.links ?? {}, source);
  const links = resolveLinks(file.links ?? {}, places, source, prng);
  const channelCount = object?.channels.length ?? 0;
  const receiverEntries = inFileOrder(file.receivers, source.keysOf(['receivers']));
  const receivers = resolveReceivers(receiverEntries, channelCount, places, source, prng);
  const resolved = servers.map(([name, entry, ofFleet], index) => {
    places.check(entry.below, ['servers', name, 'below']);
    faults.push(...queueFault(entry, ['servers', name], source));
    return serverOf(name, entry, ofFleet, index, servers.length, object?.sizeBytes ?? 0);
  });
  const traffic = inFileOrder(file.traffic ?? {}, source.keysOf(['traffic'])).flatMap(([name, entry]) => {
    places.check(entry.below, ['traffic', name, 'below']);
    places.check(entry.from, ['traffic', name, 'from']);
    faults.push(...trafficFaults(name, entry, source));
    return trafficOf(name, entry, places);
  });
  faults.push(...objectFaults, ...links.faults, ...receivers.faults, ...places.faults);
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

/** Servers by name with what the scenario and the fleet file say of each, in the order of their indexes. */
function serverEntries(
  file: ScenarioFile,
  part: FleetPart | undefined,
  source: YamlSource,
  faults: Fault[],
): readonly (readonly [string, ServerEntry, FleetServer | undefined])[] {
  const written = inFileOrder<ServerEntry>(file.servers ?? {}, source.keysOf(['servers']));
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
      const text = 'said by the fleet file, found here too, allowed: where it is and when it sends';
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
    up: directionOf({ rate: entry.rate, queue: entry.queue, delay: entry.delay }),
    address: ofFleet?.address ?? entry.address ?? `fd00:5::${(index + 1).toString(16)}`,
    startRatio: startRatioOf(ofFleet === undefined ? entry.offset : ofFleet.offset, index, serverCount, sizeBytes),
    channels: ofFleet === undefined ? entry.channels : ofFleet.channels,
    clockErrorUs: entry.clockError ?? 0,
    driftPpm: entry.clockDrift ?? 0,
    startUs: entry.start ?? 0,
    stopUs: entry.stop,
  };
}

/** One flow for each link of the entry that it is behind. */
function trafficOf(name: string, entry: TrafficEntry, places: PlaceSets): readonly TrafficOptions[] {
  const count = places.countOf(entry.below);
  return Array.from({ length: count }, (_, index) => ({
    name: count === 1 ? name : `${name}/${index + 1}`,
    kind: entry.kind,
    below: places.linkName(entry.below, index),
    from: places.placeOf(entry.from, index),
    startUs: entry.start,
    stopUs: entry.stop,
    rateBitsPerSecond: entry.rate,
    returnDelayUs: entry.returnDelay,
    packetBytes: entry.packetBytes,
  }));
}

function trafficFaults(name: string, { kind, rate }: TrafficEntry, source: YamlSource): readonly Fault[] {
  const path = ['traffic', name, 'rate'];
  if (kind === 'udp' && rate === undefined) return [source.faultAt(path, 'missing, found nothing, allowed: a rate')];
  if (kind === 'udp' || rate === undefined) return [];
  return [source.faultAt(path, 'TCP finds its own, found a rate, allowed: with kind udp only', 'key')];
}
