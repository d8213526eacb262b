import { resolve as resolvePath } from 'node:path';
import { LayercastError } from '../base/errors.js';
import { IP_AND_UDP_BYTES } from '../base/limits.js';
import type { Fault } from '../config/faults.js';
import type { Path, YamlSource } from '../config/yaml-source.js';
import { intervalUs, rateOf } from '../rate/ladder.js';
import {
  announcementName,
  channelName,
  DIRECTORY_NAME,
  groupOf,
  isMulticast,
  librecastGroup,
  parseAddress,
  parseGroup,
} from '../wire/address.js';
import { deltaName } from '../wire/delta.js';
import type { Scope } from '../wire/group-options.js';
import { brokerFaults } from './broker.js';
import type { ChannelEntry } from './channel-schema.js';
import type {
  Fleet,
  FleetBroker,
  FleetChannel,
  FleetDelta,
  FleetFrames,
  FleetObject,
  FleetOrigin,
  FleetServer,
  Trigger,
} from './fleet.js';
import type { FleetFile, ServerEntry } from './fleet-schema.js';
import { ladderRates } from './ladder-rates.js';
import type { FramesEntry, ObjectEntry } from './object-schema.js';
import type { OriginEntry } from './origin-schema.js';

/** The fleet that a file describes, and the faults of its addresses and ladders. */
export interface Resolution {
  readonly fleet: Fleet;
  readonly faults: readonly Fault[];
}

/** Name of the server of a fleet without `servers:`. */
const ONLY_SERVER = 'server';

/** Fills in defaults, makes paths absolute, turns names into groups, rates into intervals and ladders into channels. */
export function resolveFleet(file: FleetFile, source: YamlSource, folder: string): Resolution {
  const faults: Fault[] = [];
  const { scope, hash, port, symbolBytes, dscp, ssm } = file;
  const hopLimit = file.hopLimit ?? defaultHopLimit(scope);
  const absolute = (path: string | null | undefined) => (path == null ? undefined : resolvePath(folder, path));

  /** What `parse` makes of a text. If `parse` refuses it, adds a fault at its path and returns the text itself. */
  function attempt(parse: (text: string) => string, text: string, path: Path): string {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof LayercastError)) throw error;
      faults.push(source.faultAt(path, `not usable, ${error.message}, allowed: ${error.hint ?? ''}`));
      return text;
    }
  }

  function channelOf(
    object: string,
    entry: ChannelEntry,
    index: number,
    { burst: objectBurst, trigger: objectTrigger }: Pick<ObjectEntry, 'burst' | 'trigger'>,
  ): FleetChannel {
    const { rate, pktDelay, group } = entry;
    const path = ['objects', object, 'channels', index, 'group'];
    const interval = pktDelay ?? intervalUs(rate as number, symbolBytes);
    return {
      index,
      group:
        group === undefined
          ? groupOf(channelName(file.fleet, object, index), { scope, hash, ssm })
          : attempt((text) => parseGroup(text, { ssm }), group, path),
      port: entry.port ?? port,
      intervalUs: interval,
      rateBitsPerSecond: rate ?? rateOf(interval, symbolBytes),
      offset: entry.offset,
      burstUs: entry.burst ?? objectBurst ?? file.burst,
      hopLimit: entry.hopLimit ?? hopLimit,
      dscp: entry.dscp ?? dscp,
      ...triggerOf(entry.trigger ?? objectTrigger),
    };
  }

  /** The channels of an object. A ladder has one at the rate of each level, or at each step between levels, so that they add up. */
  function channelsOf(name: string, { ladder, channels, mode }: ObjectEntry): readonly ChannelEntry[] {
    if (ladder === undefined) return channels ?? [];
    const made = ladderRates(ladder, mode, source, ['objects', name, 'ladder']);
    faults.push(...made.faults);
    return made.rates.map((rate) => ({ rate }));
  }

  /** The same channels as those of the object, in groups of their own. */
  function deltaOf(name: string, object: ObjectEntry, channels: readonly ChannelEntry[]) {
    const { deltaFrom } = object;
    if (deltaFrom === undefined) return {};
    const own = channels.map(({ group: _, offset: _start, ...channel }) => channel);
    const delta: FleetDelta = {
      fromPaths: deltaFrom.map((path) => resolvePath(folder, path)),
      channels: own.map((channel, index) => channelOf(deltaName(name), channel, index, object)),
    };
    return { delta };
  }

  function framesOf(object: string, entry: FramesEntry, trigger: Trigger): FleetFrames {
    const { group, name, rate, frame, hash } = entry;
    return {
      group:
        group === undefined
          ? librecastGroup(name as string, hash)
          : attempt((text) => parseGroup(text, { ssm: false }), group, ['objects', object, 'iotupd', 'group']),
      port: entry.port,
      frameBytes: frame,
      hash,
      intervalUs: ((frame + IP_AND_UDP_BYTES) * 8e6) / rate,
      rateBitsPerSecond: rate,
      hopLimit: entry.hopLimit ?? hopLimit,
      dscp: entry.dscp ?? dscp,
      ...triggerOf(trigger),
    };
  }

  function contentKeyOf({ contentKey }: ObjectEntry): string | undefined {
    return contentKey === false ? undefined : absolute(withVariables(contentKey ?? file.contentKey));
  }

  function originOf({ url, every, maxSize, s3 }: OriginEntry): FleetOrigin {
    const signature = s3 && { region: s3.region, credentialsPath: absolute(s3.credentials) };
    return { url, everyUs: every, maxBytes: maxSize, s3: signature };
  }

  function objectOf(name: string, entry: ObjectEntry): FleetObject {
    const channels = channelsOf(name, entry);
    return {
      name,
      ...contentOf(entry, folder),
      version: entry.version,
      code: entry.code,
      mode: entry.mode,
      expiresAfterUs: entry.expires,
      compatible: entry.compatible,
      schedule: entry.schedule,
      contentKeyPath: contentKeyOf(entry),
      channels: channels.map((channel, index) => channelOf(name, channel, index, entry)),
      ...deltaOf(name, entry, channels),
      ...(entry.origin === undefined ? {} : { origin: originOf(entry.origin) }),
      ...(entry.iotupd === undefined ? {} : { iotupd: framesOf(name, entry.iotupd, entry.trigger) }),
    };
  }

  function serverOf(name: string, entry: ServerEntry, index: number): FleetServer {
    const path = ['servers', name, 'address'];
    return {
      name,
      index,
      address: entry.address === undefined ? undefined : attempt(parseUnicast, entry.address, path),
      interface: entry.interface,
      offset: entry.offset,
      channels: entry.channels,
      objects: entry.objects,
      hopLimit: entry.hopLimit,
      dscp: entry.dscp,
      publicKey: entry.serverKey,
    };
  }

  function brokerOf(entry: NonNullable<FleetFile['mqtt']>): FleetBroker {
    const { url, username, passwordFile, ca, certificate, privateKey, prefix } = entry;
    const broker = {
      url,
      prefix,
      username: username ?? undefined,
      passwordFile: absolute(passwordFile),
      ca: absolute(ca),
      certificate: absolute(certificate),
      privateKey: absolute(privateKey),
    };
    for (const { setting, text } of brokerFaults(broker, prefix)) faults.push(source.faultAt(['mqtt', setting], text));
    return broker;
  }

  const servers = file.servers ?? { [ONLY_SERVER]: {} };
  const fleet: Fleet = {
    name: file.fleet,
    keyPath: absolute(withVariables(file.key)),
    recordsPath: absolute(file.records),
    rootPath: absolute(file.root),
    announceKeyPath: absolute(withVariables(file.announceKey)),
    catalogueLifeUs: file.catalogueExpires,
    interface: file.interface ?? undefined,
    scope,
    port,
    hash,
    ssm,
    hopLimit,
    dscp,
    burstUs: file.burst,
    symbolBytes,
    blockSymbols: file.blockSymbols,
    announceIntervalUs: file.announceInterval,
    announceRateBitsPerSecond: file.announceRate,
    announcement: { group: groupOf(announcementName(file.fleet), { scope, hash, ssm: false }), port },
    directory: { group: groupOf(DIRECTORY_NAME, { scope, hash, ssm: false }), port },
    ...(file.mqtt === undefined ? {} : { broker: brokerOf(file.mqtt) }),
    objects: source.inOrder(file.objects, ['objects']).map(([name, entry]) => objectOf(name, entry)),
    servers: source.inOrder(servers, ['servers']).map(([name, entry], index) => serverOf(name, entry, index)),
  };
  return { fleet, faults };
}

/**
 * A path in which variables of the environment replace `${NAME}`. A variable that is not set stays as it is written, so that the
 * error for the missing file shows its name.
 */
function withVariables(path: string | null | undefined): string | undefined {
  return path?.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (written, name: string) => process.env[name] || written);
}

/**
 * Hop limit of a fleet that names none. In the scopes interface and link it is what the scope means: 0 and 1. In others it is 64, the
 * usual hop limit of unicast (RFC 1700): routers keep scoped groups inside their boundaries, and the hop limit only stops packets
 * that loop.
 */
function defaultHopLimit(scope: Scope): number {
  return scope === 'interface' ? 0 : scope === 'link' ? 1 : 64;
}

/** `none` is said only to overrule the object's. */
function triggerOf(trigger: Trigger): Pick<FleetChannel, 'trigger'> {
  return trigger === 'none' ? {} : { trigger };
}

/** The schema sees to it that exactly one of `file` and `dir` is there. */
function contentOf({ file, dir }: ObjectEntry, folder: string): Pick<FleetObject, 'filePath' | 'content'> {
  if (file === '-') return { filePath: '-', content: 'pipe' };
  return { filePath: resolvePath(folder, dir ?? file ?? ''), content: dir === undefined ? 'file' : 'tree' };
}

function parseUnicast(text: string): string {
  const address = parseAddress(text);
  if (isMulticast(address) || address === '::') {
    throw new LayercastError('ADDRESS_INVALID', `"${text}" is not the address of a host`, {
      hint: 'a unicast IPv6 address, such as fd00:1::1',
    });
  }
  return address;
}
