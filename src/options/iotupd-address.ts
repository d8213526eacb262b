import { LayercastError } from '../base/errors.js';
import { MAX_PORT } from '../base/limits.js';
import { groupAfter, librecastGroup, parseGroup } from '../wire/address.js';
import { DEFAULT_PORT } from '../wire/group-options.js';
import { LIBRECAST_HASHES } from '../wire/librecast.js';

/** What `iotupd://…` names: where servers of iotupd send a file. */
export interface IotupdAddress {
  /** In canonical text. A name has a group for each hash of Librecast, as the name does not say which build the servers have. */
  readonly groups: readonly string[];
  readonly port: number;
}

const ADDRESS = /^iotupd:\/\/(?:\[(?<group>[^[\]]*)\]|(?<name>[^\s[\]/:?#]+))(?::(?<port>\d{1,5}))?\/?$/;

/** @throws {LayercastError} `USAGE`, `ADDRESS_INVALID` */
export function parseIotupdAddress(what: string): IotupdAddress {
  const { group, name, port = String(DEFAULT_PORT) } = ADDRESS.exec(what)?.groups ?? {};
  const isRight = (group !== undefined || name !== undefined) && Number(port) >= 1 && Number(port) <= MAX_PORT;
  if (!isRight) {
    throw new LayercastError('USAGE', `"${what}" does not name a group of iotupd`, {
      hint: `Say iotupd://[GROUP]:PORT or iotupd://NAME:PORT, such as iotupd://[ff1e::42]:${DEFAULT_PORT}`,
    });
  }
  const groups =
    group === undefined
      ? LIBRECAST_HASHES.map((hash) => librecastGroup(name!, hash))
      : [parseGroup(group, { ssm: false })];
  return { groups, port: Number(port) };
}

/**
 * The groups to join for these channels. Builds of iotupd that send several channels send channel i to the group that is i places later.
 *
 * @param channels undefined: the first
 */
export function groupsOfChannels({ groups }: IotupdAddress, channels: readonly number[] = [0]): readonly string[] {
  return groups.flatMap((group) => channels.map((index) => groupAfter(group, index)));
}
