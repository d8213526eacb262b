import { listOf } from '../base/units.js';
import type { Fault } from '../config/faults.js';
import type { Path, YamlSource } from '../config/yaml-source.js';
import { scopeOf } from '../wire/address.js';
import type { Fleet, GroupAndPort } from './fleet.js';
import type { FleetFile } from './fleet-schema.js';

/** Scope of groups that stay on the link (RFC 7346); that of groups that stay on the host is lower. */
const LINK_SCOPE = 2;

/**
 * Faults that only a fleet as a whole can have.
 *
 * @param isWhole Whether every object and server of the file is in `fleet`. Objects and servers with faults of their own are left
 * out. If any is, nothing is reported as missing that may be missing only for that reason.
 */
export function crossCheck(fleet: Fleet, file: FleetFile, source: YamlSource, isWhole: boolean): Fault[] {
  return [
    ...checkKeys(file, source),
    ...checkPipes(fleet, source),
    ...checkGroups(fleet, file, source),
    ...checkSources(fleet, file, source),
    ...checkDeltas(fleet, source),
    ...checkEncryption(fleet, file, source),
    ...checkTriggers(fleet, file, source),
    ...checkServers(fleet, source, isWhole),
    ...(isWhole ? checkCoverage(fleet, source) : []),
  ];
}

function checkKeys(file: FleetFile, source: YamlSource): Fault[] {
  if (file.key == null || file.records == null) return [];
  const text = `unclear who signs, found both "key" and "records", allowed: at most one of them`;
  return [source.faultAt(['records'], text)];
}

/** There is one standard input, and it can be read once. */
function checkPipes({ objects }: Fleet, source: YamlSource): Fault[] {
  const [, ...others] = objects.filter(({ content }) => content === 'pipe');
  const text = 'standard input is taken by another object, found "-", allowed: a file';
  return others.map(({ name }) => source.faultAt(['objects', name, 'file'], text));
}

/** Every receiver would take two channels with the same group and port for one channel. */
function checkGroups(fleet: Fleet, file: FleetFile, source: YamlSource): Fault[] {
  const faults: Fault[] = [];
  const owners = new Map<string, string>([
    [`${fleet.announcement.group} port ${fleet.announcement.port}`, 'announcements'],
    [`${fleet.directory.group} port ${fleet.directory.port}`, 'the directory'],
  ]);
  const take = ({ group, port }: GroupAndPort, owner: string, path: Path) => {
    const destination = `${group} port ${port}`;
    const before = owners.get(destination);
    if (before === undefined) owners.set(destination, owner);
    else {
      const text = `group and port are taken by ${before}, found ${destination}`;
      faults.push(source.faultAt(path, `${text}, allowed: a group or port that no other channel has`));
    }
  };
  for (const { name, channels, delta, iotupd } of fleet.objects) {
    const isLadder = file.objects[name]?.ladder !== undefined;
    for (const channel of channels) {
      const path = ['objects', name, ...(isLadder ? ['ladder'] : ['channels', channel.index, 'group'])];
      take(channel, `objects.${name}.channels.${channel.index}`, path);
    }
    for (const channel of delta?.channels ?? []) {
      take(channel, `channel ${channel.index} of the delta of objects.${name}`, ['objects', name, 'deltaFrom']);
    }
    if (iotupd !== undefined) take(iotupd, `objects.${name}.iotupd`, ['objects', name, 'iotupd']);
  }
  return faults;
}

/** What comes from standard input is of one process, and older versions of it are nowhere. */
function checkDeltas(fleet: Fleet, source: YamlSource): Fault[] {
  const text = 'not possible here, found it beside standard input, allowed: deltaFrom for a file or a folder';
  return fleet.objects
    .filter(({ delta, content }) => delta !== undefined && content === 'pipe')
    .map(({ name }) => source.faultAt(['objects', name, 'deltaFrom'], text));
}

/**
 * A delta has parts of the file as they are, receivers unpack no archive that is encrypted, and those of iotupd decrypt nothing.
 */
function checkEncryption(fleet: Fleet, file: FleetFile, source: YamlSource): Fault[] {
  return fleet.objects.flatMap(({ name, content, contentKeyPath, delta, iotupd }) => {
    if (contentKeyPath === undefined) return [];
    const key =
      content === 'tree' ? 'dir' : delta !== undefined ? 'deltaFrom' : iotupd !== undefined ? 'iotupd' : undefined;
    if (key === undefined) return [];
    const isOwn = file.objects[name]?.contentKey != null;
    const whose = isOwn ? 'the object’s' : 'the fleet’s';
    const text = `an object with "${key}" cannot be encrypted, found ${whose} "contentKey", allowed: contentKey: false`;
    return [source.faultAt(['objects', name, isOwn ? 'contentKey' : key], text)];
  });
}

/** Reports of listeners do not cross routers, and of some groups there are none. */
function checkTriggers(fleet: Fleet, file: FleetFile, source: YamlSource): Fault[] {
  return fleet.objects.flatMap(({ name, channels, delta, iotupd }) => {
    const senders = fleet.servers.filter((server) => sends(server.objects, name));
    const own = file.objects[name]?.channels ?? [];
    const faults = [...channels, ...(delta?.channels ?? []), ...(iotupd === undefined ? [] : [iotupd])].flatMap(
      (channel): Fault[] => {
        const { group, trigger, hopLimit } = channel;
        const index = 'index' in channel ? channel.index : undefined;
        if (trigger === undefined) return [];
        const hops = Math.max(...senders.map((server) => server.hopLimit ?? hopLimit));
        const isOwn = index !== undefined && own[index]?.trigger !== undefined;
        const path = ['objects', name, ...(isOwn ? ['channels', index] : []), 'trigger'];
        const scope = scopeOf(group);
        if (scope < LINK_SCOPE) {
          const text = `nobody reports groups of scope interface, found "${trigger}" for ${group}`;
          return [source.faultAt(path, `${text}, allowed: a group of a wider scope`)];
        }
        if (trigger === 'mld-beyond-link' || scope === LINK_SCOPE || hops <= 1) return [];
        const text = `listeners behind routers would not be heard of, found "mld" for ${group} with hop limit ${hops}`;
        const allowed =
          'scope: link, hopLimit: 1, or mld-beyond-link where no router is or routers report for those behind them';
        return [source.faultAt(path, `${text}, allowed: ${allowed}`)];
      },
    );
    // The channels of an object have one cause.
    return faults.filter((fault, i) => faults.findIndex(({ path }) => `${path}` === `${fault.path}`) === i);
  });
}

/** A source-specific join names its sources, so every server needs an address. */
function checkSources(fleet: Fleet, file: FleetFile, source: YamlSource): Fault[] {
  if (!fleet.ssm) return [];
  const allowed = 'allowed with ssm: true: servers with an address each';
  if (file.servers == null) return [source.faultAt(['ssm'], `no servers, found nothing, ${allowed}`)];
  return fleet.servers
    .filter(({ address }) => address === undefined)
    .map(({ name }) => source.faultAt(['servers', name, 'address'], `missing, found nothing, ${allowed}`));
}

/** The objects and channels that a server lists have to exist. */
function checkServers(fleet: Fleet, source: YamlSource, isWhole: boolean): Fault[] {
  const faults: Fault[] = [];
  const names = source.keysOf(['objects']);
  for (const server of fleet.servers) {
    for (const [index, name] of (server.objects ?? []).entries()) {
      if (names.includes(name)) continue;
      const text = `no such object, found ${JSON.stringify(name)}, allowed: ${listOf(names)}`;
      faults.push(source.faultAt(['servers', server.name, 'objects', index], text));
    }
    const counts = fleet.objects.filter(({ name }) => sends(server.objects, name)).map((o) => o.channels.length);
    const most = Math.max(0, ...counts);
    if (!isWhole || most === 0) continue;
    for (const [index, channel] of (server.channels ?? []).entries()) {
      if (channel < most) continue;
      const text = `no such channel, found ${channel}, allowed: ${most === 1 ? '0' : `0 to ${most - 1}`}`;
      faults.push(source.faultAt(['servers', server.name, 'channels', index], text));
    }
  }
  return faults;
}

/** Receivers would join a channel that no server sends, and hear nothing. */
function checkCoverage(fleet: Fleet, source: YamlSource): Fault[] {
  return fleet.objects.flatMap(({ name, channels }) => {
    const senders = fleet.servers.filter((server) => sends(server.objects, name));
    const path: Path = ['objects', name];
    const allowed = 'allowed: each object and channel in the list of at least one server';
    if (senders.length === 0) {
      return [source.faultAt(path, `no server sends it, found it in no list of servers.*.objects, ${allowed}`, 'key')];
    }
    return channels
      .filter(({ index }) => !senders.some((server) => sends(server.channels, index)))
      .map(({ index }) =>
        source.faultAt(
          [...path, 'channels', index],
          `no server sends it, found it in no list of servers.*.channels, ${allowed}`,
        ),
      );
  });
}

function sends<T>(list: readonly T[] | undefined, item: T): boolean {
  return list === undefined || list.includes(item);
}
