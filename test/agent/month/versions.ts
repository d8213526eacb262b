import { createHash } from 'node:crypto';
import type { HeldVersion } from '../../../dist/agent/object-record.js';
import type { Descriptor } from '../../../dist/wire/descriptor.js';
import type { SendingWindows } from '../../../dist/wire/sending-windows.js';

export const OBJECT = 'firmware';
/** Where each version gets its name. */
export const PATH = '/data/firmware';

export function descriptorOf(version: number, schedule: SendingWindows | undefined): Descriptor {
  const sha256 = createHash('sha256').update(`${version}`).digest();
  return {
    fleet: 'acme',
    object: OBJECT,
    version,
    sizeBytes: 5_000_000 + version * 200_000,
    symbolBytes: 1184,
    blockCount: 1,
    fecEncodingId: 6,
    sha256,
    blockRoot: sha256,
    mode: 'several',
    ssm: false,
    channels: [{ group: new Uint8Array(16).fill(0xff), port: 4242, intervalUs: 1000, startRatio: 0 }],
    servers: [],
    createdS: version,
    expiresS: undefined,
    ...(schedule === undefined ? {} : { schedule }),
  };
}

export function heldOf({ version, sha256, sizeBytes }: Descriptor): HeldVersion {
  return { version, sha256: Buffer.from(sha256).toString('hex'), sizeBytes, path: PATH };
}

/** Versions whose program always fails. */
export function isHopeless(version: number): boolean {
  return version % 7 === 3;
}
