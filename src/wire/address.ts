import { createHash } from 'node:crypto';
import { LayercastError } from '../base/errors.js';
import { ip6addr, type ParsedAddress } from '../base/ip6addr.js';
import { bytesOfAddress, textOfAddress } from '../base/ipv6-text.js';
import { type GroupOptions, SCOPE_DIGITS } from './group-options.js';
import { type LibrecastHash, librecastTag } from './librecast.js';

/** The name of the directory's group, on which all fleets of a network announce their descriptors. */
export const DIRECTORY_NAME = 'layercast';

/** The name of the group on which a fleet announces its descriptors. Fleet names contain no `/`. */
export function announcementName(fleet: string): string {
  return `layercast/${fleet}`;
}

/** The name of a channel, from which its group is derived. All channels and announcement groups have different names. */
export function channelName(fleet: string, object: string, channelIndex: number): string {
  return `${fleet}/${object}/${channelIndex}`;
}

/**
 * The multicast group of a name, in canonical text.
 *
 * Any-source: `ff1`, the scope, and 112 bits of the hash of the name, as in Librecast's multicast DNS. Source-specific:
 * `ff3`, the scope, `::/96` (RFC 4607, section 1) and a 32-bit group id. The id is the first 32 bits of the hash with the
 * highest bit set, because ids from 0x80000000 are for dynamic use by hosts (RFC 3307, section 4.3).
 */
export function groupOf(name: string, { scope, hash, ssm }: GroupOptions): string {
  const tag = hash === 'blake3' ? librecastTag(name, hash) : sha3Tag(name);
  const bytes = new Uint8Array(16);
  bytes[0] = 0xff;
  bytes[1] = (ssm ? 0x30 : 0x10) | Number.parseInt(SCOPE_DIGITS[scope], 16);
  if (ssm) {
    bytes.set(tag.subarray(0, 4), 12);
    bytes[12]! |= 0x80;
  } else {
    bytes.set(tag, 2);
  }
  return addressFromBytes(bytes);
}

/** The group of a channel of Librecast, such as iotupd's: always of global scope, over ff1e::. */
export function librecastGroup(name: string, hash: LibrecastHash): string {
  return addressFromBytes(Uint8Array.of(0xff, 0x1e, ...librecastTag(name, hash)));
}

/**
 * The group `index` places after a group: iotupd counts the channels of a file in the last byte, which wraps.
 *
 * @param group in canonical text
 */
export function groupAfter(group: string, index: number): string {
  const bytes = addressToBytes(group);
  bytes[15] = (bytes[15]! + index) % 256;
  return addressFromBytes(bytes);
}

/** The scope of a multicast group as a number (RFC 7346): 1 interface, 2 link, and so on. */
export function scopeOf(group: string): number {
  return addressToBytes(group)[1]! & 15;
}

/**
 * Checks a group that the fleet file gives, and returns it in canonical text. Source-specific fleets need a group in
 * ff3x::/96. Other fleets need a multicast address outside ff3x::/32, which is reserved for source-specific use (RFC 4607,
 * section 1).
 *
 * @throws {LayercastError} `ADDRESS_INVALID`, with a message that says what is allowed.
 */
export function parseGroup(text: string, { ssm }: { readonly ssm: boolean }): string {
  const group = parseAddress(text);
  if (!isMulticast(group)) {
    throw new LayercastError('ADDRESS_INVALID', `"${text}" is not a multicast address`, {
      hint: ssm ? SSM_GROUPS : 'an IPv6 multicast address (ff00::/8), such as ff15::42',
    });
  }
  const bytes = addressToBytes(group);
  const inReserved = bytes[1]! >> 4 === 3 && bytes[2] === 0 && bytes[3] === 0;
  if (!ssm && inReserved) {
    throw new LayercastError('ADDRESS_INVALID', `"${text}" is a source-specific group, but the fleet is any-source`, {
      hint: 'a multicast address outside ff3x::/32, such as ff15::42; or set ssm: true',
    });
  }
  const inRange = inReserved && bytes.subarray(4, 12).every((byte) => byte === 0);
  if (ssm && !inRange) {
    throw new LayercastError('ADDRESS_INVALID', `"${text}" is not a source-specific group`, { hint: SSM_GROUPS });
  }
  return group;
}

const SSM_GROUPS = 'a group in ff3x::/96, where x is the scope, such as ff35::8000:42 (RFC 4607)';

/**
 * An IPv6 address in canonical text (RFC 5952). Zones and IPv4 (mapped or not) are refused.
 *
 * @throws {LayercastError} `ADDRESS_INVALID`
 */
export function parseAddress(text: string): string {
  const parsed = parsedOf(text);
  if (parsed?.kind() !== 'ipv6') {
    throw new LayercastError('ADDRESS_INVALID', `"${text}" is not an IPv6 address`, {
      hint: text.includes('%')
        ? 'an address without zone, such as fe80::1; the interface is a setting of its own'
        : 'an address such as fd00:1::1',
    });
  }
  return textOfAddress(bytesOfAddress(text));
}

/** Whether an address in canonical text is in ff00::/8. */
export function isMulticast(address: string): boolean {
  return /^ff..:/.test(address);
}

/**
 * The 16 bytes of an address, in network order.
 *
 * @throws {LayercastError} `ADDRESS_INVALID`
 */
export function addressToBytes(address: string): Uint8Array {
  if (!isAddressText(address)) throw new LayercastError('ADDRESS_INVALID', `"${address}" is not an IPv6 address`);
  return bytesOfAddress(address);
}

/**
 * The canonical text of 16 bytes in network order.
 *
 * @throws {LayercastError} `INTERNAL` for any other number of bytes.
 */
export function addressFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new LayercastError('INTERNAL', `an address has 16 bytes, not ${bytes.length}`);
  return textOfAddress(bytes);
}

function parsedOf(text: string): ParsedAddress | undefined {
  if (!isAddressText(text)) return undefined;
  try {
    return ip6addr().parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Eight fields of one to four digits, or fewer around one `::`. ip6addr accepts longer fields, and a `::` that replaces no field; other
 * programs do not.
 */
function isAddressText(text: string): boolean {
  const parts = text.split('::');
  if (parts.length > 2) return false;
  const fields = parts.flatMap((part) => (part === '' ? [] : part.split(':')));
  if (!fields.every((field) => /^[0-9a-f]{1,4}$/i.test(field))) return false;
  return parts.length === 1 ? fields.length === 8 : fields.length < 8;
}

/** The first 112 bits of SHA3-512 of the name. */
function sha3Tag(name: string): Uint8Array {
  return createHash('sha3-512').update(name).digest().subarray(0, 14);
}
