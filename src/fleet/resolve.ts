import { LayercastError } from '../base/errors.js';
import type { Fault } from '../config/faults.js';
import type { YamlSource } from '../config/yaml-source.js';
import { announcementName, DIRECTORY_NAME, groupOf, isMulticast, parseAddress } from '../wire/address.js';
import { brokerFaults } from './broker.js';
import type { Fleet, FleetBroker, FleetServer } from './fleet.js';
import type { FleetFile, ServerEntry } from './fleet-schema.js';
import { resolveObject } from './resolve-object.js';
import { Resolving, withVariables } from './resolving.js';

/** The fleet that a file describes, and the faults of its addresses and ladders. */
export interface Resolution {
  readonly fleet: Fleet;
  readonly faults: readonly Fault[];
}

/** Name of the server of a fleet without `servers:`. */
const ONLY_SERVER = 'server';

/** Fills in defaults, makes paths absolute, turns names into groups, rates into intervals and ladders into channels. */
export function resolveFleet(file: FleetFile, source: YamlSource, folder: string): Resolution {
  const resolving = new Resolving(file, source, folder);
  const servers = file.servers ?? { [ONLY_SERVER]: {} };
  const fleet: Fleet = {
    name: file.fleet,
    ...signersOf(resolving),
    ...sendingOf(resolving),
    ...announcingOf(file),
    ...(file.mqtt === undefined ? {} : { broker: brokerOf(resolving, file.mqtt) }),
    objects: source.inOrder(file.objects, ['objects']).map(([name, entry]) => resolveObject(resolving, name, entry)),
    servers: source
      .inOrder(servers, ['servers'])
      .map(([name, entry], index) => serverOf(resolving, name, entry, index)),
  };
  return { fleet, faults: resolving.faults };
}

/** Whose signatures count, and where the keys for them lie. */
function signersOf(resolving: Resolving) {
  const { key, records, root, announceKey, catalogueExpires } = resolving.file;
  return {
    keyPath: resolving.placeIfAny(withVariables(key)),
    recordsPath: resolving.placeIfAny(records),
    rootPath: resolving.placeIfAny(root),
    announceKeyPath: resolving.placeIfAny(withVariables(announceKey)),
    catalogueLifeUs: catalogueExpires,
  };
}

/** How datagrams leave the servers, and into what objects are cut. */
function sendingOf({ file, hopLimit }: Resolving) {
  const { scope, port, hash, ssm, dscp, burst, symbolBytes, blockSymbols } = file;
  return {
    interface: file.interface ?? undefined,
    scope,
    port,
    hash,
    ssm,
    hopLimit,
    dscp,
    burstUs: burst,
    symbolBytes,
    blockSymbols,
  };
}

/** Where and how often objects are announced. */
function announcingOf({ fleet, scope, hash, port, announceInterval, announceRate }: FleetFile) {
  return {
    announceIntervalUs: announceInterval,
    announceRateBitsPerSecond: announceRate,
    announcement: { group: groupOf(announcementName(fleet), { scope, hash, ssm: false }), port },
    directory: { group: groupOf(DIRECTORY_NAME, { scope, hash, ssm: false }), port },
  };
}

function brokerOf(resolving: Resolving, entry: NonNullable<FleetFile['mqtt']>): FleetBroker {
  const { url, username, passwordFile, ca, certificate, privateKey, prefix } = entry;
  const broker = {
    url,
    prefix,
    username: username ?? undefined,
    passwordFile: resolving.placeIfAny(passwordFile),
    ca: resolving.placeIfAny(ca),
    certificate: resolving.placeIfAny(certificate),
    privateKey: resolving.placeIfAny(privateKey),
  };
  const faults = brokerFaults(broker, prefix);
  resolving.addFaults(faults.map(({ setting, text }) => resolving.source.faultAt(['mqtt', setting], text)));
  return broker;
}

function serverOf(resolving: Resolving, name: string, entry: ServerEntry, index: number): FleetServer {
  const { address } = entry;
  return {
    name,
    index,
    address: address === undefined ? undefined : resolving.attempt(parseUnicast, address, ['servers', name, 'address']),
    interface: entry.interface,
    offset: entry.offset,
    channels: entry.channels,
    objects: entry.objects,
    hopLimit: entry.hopLimit,
    dscp: entry.dscp,
    publicKey: entry.serverKey,
  };
}

/**
 * The address of a host, in canonical text.
 *
 * @throws {LayercastError} `ADDRESS_INVALID`
 */
export function parseUnicast(text: string): string {
  const address = parseAddress(text);
  if (isMulticast(address) || address === '::') {
    throw new LayercastError('ADDRESS_INVALID', `"${text}" is not the address of a host`, {
      hint: 'a unicast IPv6 address, such as fd00:1::1',
    });
  }
  return address;
}
