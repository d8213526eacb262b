import { createHash } from 'node:crypto';

/* Packets of MLD, written field by field from RFC 2710, RFC 9777 and RFC 8200: slow and plain, for tests. */

const KINDS = ['isIn', 'isEx', 'toIn', 'toEx', 'allow', 'block'];

export interface SlowRecord {
  readonly kind: string;
  readonly group: string;
  readonly sources: readonly string[];
  /** Words of auxiliary data after the sources. */
  readonly auxiliary?: number;
}

const short = (value: number) => Buffer.from([value >> 8, value & 255]);
const address = (digits: string) => Buffer.from(digits, 'hex');

export function digits(seed: string | number, prefix = 'ff15'): string {
  return (
    prefix +
    createHash('sha256')
      .update(String(seed))
      .digest('hex')
      .slice(0, 32 - prefix.length)
  );
}

export const HOST = 'fe80000000000000000000000000000a';

export function report2(records: readonly SlowRecord[], host = HOST): Buffer {
  const body = records.map(({ kind, group, sources, auxiliary = 0 }) =>
    Buffer.concat([
      Buffer.from([KINDS.indexOf(kind) + 1, auxiliary]),
      short(sources.length),
      address(group),
      ...sources.map(address),
      Buffer.alloc(4 * auxiliary, 7),
    ]),
  );
  return packet(
    host,
    digits('routers', 'ff02'),
    Buffer.concat([Buffer.from([143, 0, 0, 0, 0, 0]), short(records.length), ...body]),
  );
}

/** A report or a done of version 1. */
export function report1(group: string, type = 131, host = HOST): Buffer {
  return packet(host, group, Buffer.concat([Buffer.from([type, 0, 0, 0, 0, 0, 0, 0]), address(group)]));
}

export interface SlowQuery {
  readonly group?: string;
  readonly sources?: readonly string[];
  readonly responseCode?: number;
  readonly flags?: number;
  readonly intervalCode?: number;
}

export function query({
  group = '0'.repeat(32),
  sources = [],
  responseCode = 10_000,
  flags = 2,
  intervalCode = 125,
}: SlowQuery = {}): Buffer {
  const message = Buffer.concat([
    Buffer.from([130, 0, 0, 0]),
    short(responseCode),
    short(0),
    address(group),
    Buffer.from([flags, intervalCode]),
    short(sources.length),
    ...sources.map(address),
  ]);
  return packet('fe800000000000000000000000000001', digits('all', 'ff02'), message);
}

export function query1(group = '0'.repeat(32), responseMs = 10_000): Buffer {
  return packet(
    HOST,
    digits('all', 'ff02'),
    Buffer.concat([Buffer.from([130, 0, 0, 0]), short(responseMs), short(0), address(group)]),
  );
}

/** With hop limit 1, router alert, and the right checksum. */
export function packet(
  source: string,
  destination: string,
  message: Buffer,
  hopByHop = Buffer.from([58, 0, 5, 2, 0, 0, 1, 0]),
): Buffer {
  const pseudo = Buffer.concat([
    address(source),
    address(destination),
    Buffer.from([0, 0]),
    short(message.length),
    Buffer.from([0, 0, 0, 58]),
  ]);
  const all = Buffer.concat([pseudo, message, Buffer.alloc(message.length % 2)]);
  let sum = 0;
  for (let i = 0; i < all.length; i += 2) {
    sum += all.readUInt16BE(i);
    if (sum > 0xffff) sum -= 0xffff;
  }
  const whole = Buffer.from(message);
  whole.writeUInt16BE(~sum & 0xffff, 2);
  const header = Buffer.concat([
    Buffer.from([0x60, 0, 0, 0]),
    short(hopByHop.length + message.length),
    Buffer.from([0, 1]),
  ]);
  return Buffer.concat([header, address(source), address(destination), hopByHop, whole]);
}
