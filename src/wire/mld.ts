import { ICMPV6, IPV6_BYTES, icmpv6Checksum, readShort } from './icmpv6.js';

/* Messages of Multicast Listener Discovery, versions 1 and 2 (RFC 2710, RFC 9777). Groups and sources are 32 hexadecimal digits. */

/** What a host says of one group: how its wish for sources changes, or is. */
export interface MldRecord {
  readonly kind: 'isIn' | 'isEx' | 'toIn' | 'toEx' | 'allow' | 'block';
  readonly group: string;
  readonly sources: readonly string[];
}

export interface MldReport {
  readonly kind: 'report';
  /** Reports of version 1 are suppressed by those of other hosts, so a host that is silent may listen. */
  readonly version: 1 | 2;
  /** The host's link-local address. */
  readonly host: string;
  readonly records: readonly MldRecord[];
}

export interface MldQuery {
  readonly kind: 'query';
  /** Undefined: about all groups. */
  readonly group: string | undefined;
  /** Undefined: about all sources of the group. */
  readonly sources: readonly string[] | undefined;
  /** Listeners answer within this time. */
  readonly maxResponseMs: number;
  /** Whether routers are to leave their timers alone (the S flag). */
  readonly isSuppressed: boolean;
  /** The querier's robustness; undefined: it does not say. */
  readonly robustness: number | undefined;
  /** Time between two queries about all groups; undefined: the querier does not say. */
  readonly intervalMs: number | undefined;
}

export type MldMessage = MldReport | MldQuery;

const QUERY = 130;
const REPORT_V1 = 131;
const DONE = 132;
const REPORT_V2 = 143;
const KINDS = ['isIn', 'isEx', 'toIn', 'toEx', 'allow', 'block'] as const;
/** A record has at least 20 bytes, so a packet of 9000 bytes has fewer. */
const MAX_RECORDS = 448;

/**
 * Reads an IPv6 packet.
 *
 * @returns undefined for a packet that is no valid message of MLD: it must have a hop limit of 1, the router alert option, a link-local
 * source and a right checksum
 */
export function readMld(packet: Uint8Array): MldMessage | undefined {
  const start = messageStart(packet);
  if (start === undefined || !isLinkLocal(packet) || packet[7] !== 1) return undefined;
  const end = IPV6_BYTES + readShort(packet, 4);
  if (end > packet.length || end - start < 8 || !hasRouterAlert(packet, start)) return undefined;
  const message = packet.subarray(start, end);
  if (icmpv6Checksum(packet, message) !== 0) return undefined;
  const host = hex(packet, 8);
  switch (message[0]) {
    case QUERY:
      return queryOf(message);
    case REPORT_V1:
      return firstVersion(message, host, 'isEx');
    case DONE:
      return firstVersion(message, host, 'toIn');
    case REPORT_V2:
      return secondVersion(message, host);
    default:
      return undefined;
  }
}

/** RFC 9777, 5.1.9: a mantissa and an exponent from 128 on. */
function intervalOf(code: number): number {
  return code < 128 ? code : ((code & 15) | 16) << (((code >> 4) & 7) + 3);
}

function responseOf(code: number): number {
  return code < 32_768 ? code : ((code & 0xfff) | 0x1000) << (((code >> 12) & 7) + 3);
}

function queryOf(message: Uint8Array): MldQuery | undefined {
  if (message.length < 24) return undefined;
  const address = hex(message, 8);
  const group = /^0+$/.test(address) ? undefined : address;
  const first = { kind: 'query', group } as const;
  if (message.length === 24) {
    const maxResponseMs = readShort(message, 4);
    return {
      ...first,
      sources: undefined,
      maxResponseMs,
      isSuppressed: false,
      robustness: undefined,
      intervalMs: undefined,
    };
  }
  if (message.length < 28) return undefined;
  const count = readShort(message, 26);
  if (28 + 16 * count > message.length) return undefined;
  const flags = message[24]!;
  return {
    ...first,
    sources: count === 0 ? undefined : addressesOf(message, 28, count),
    maxResponseMs: responseOf(readShort(message, 4)),
    isSuppressed: (flags & 8) !== 0,
    robustness: flags & 7 || undefined,
    intervalMs: intervalOf(message[25]!) * 1000 || undefined,
  };
}

function firstVersion(message: Uint8Array, host: string, kind: MldRecord['kind']): MldReport | undefined {
  if (message.length < 24) return undefined;
  return { kind: 'report', version: 1, host, records: [{ kind, group: hex(message, 8), sources: [] }] };
}

function secondVersion(message: Uint8Array, host: string): MldReport | undefined {
  const count = readShort(message, 6);
  if (count > MAX_RECORDS) return undefined;
  const records: MldRecord[] = [];
  let at = 8;
  for (let i = 0; i < count; i++) {
    if (at + 20 > message.length) return undefined;
    const kind = KINDS[message[at]! - 1];
    const sourceCount = readShort(message, at + 2);
    const end = at + 20 + 16 * sourceCount + 4 * message[at + 1]!;
    if (end > message.length) return undefined;
    // RFC 9777, 5.2.12: a record of an unknown kind is left out.
    if (kind !== undefined) {
      records.push({ kind, group: hex(message, at + 4), sources: addressesOf(message, at + 20, sourceCount) });
    }
    at = end;
  }
  return { kind: 'report', version: 2, host, records };
}

function addressesOf(message: Uint8Array, start: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => hex(message, start + 16 * i));
}

function messageStart(packet: Uint8Array): number | undefined {
  const isMessage =
    packet.length >= IPV6_BYTES + 8 && packet[0]! >> 4 === 6 && packet[6] === 0 && packet[40] === ICMPV6;
  const start = IPV6_BYTES + (packet[41]! + 1) * 8;
  return isMessage && start <= packet.length ? start : undefined;
}

/** RFC 2711: option 5 of two bytes, of which 0 means MLD. */
function hasRouterAlert(packet: Uint8Array, end: number): boolean {
  for (let at = IPV6_BYTES + 2; at < end; ) {
    const option = packet[at]!;
    if (option === 5) return packet[at + 1] === 2 && packet[at + 2] === 0 && packet[at + 3] === 0;
    // Pad1 has no length.
    at += option === 0 ? 1 : 2 + (packet[at + 1] ?? 0);
  }
  return false;
}

function isLinkLocal(packet: Uint8Array): boolean {
  return packet[8] === 0xfe && (packet[9]! & 0xc0) === 0x80;
}

function hex(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, 16).toString('hex');
}
