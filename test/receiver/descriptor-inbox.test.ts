import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FaultCounters } from '../../dist/receiver/counters.js';
import { DescriptorInbox, type Finding } from '../../dist/receiver/descriptor-inbox.js';
import { type Descriptor, packDescriptor } from '../../dist/wire/descriptor.js';
import { recordDatagrams } from '../../dist/wire/fragments.js';
import { HEADER_BYTES, newHeader, readHeader } from '../../dist/wire/header.js';
import { signRecord } from '../../dist/wire/signature.js';

const keys = generateKeyPairSync('ed25519');
const descriptor: Descriptor = {
  fleet: 'lab',
  object: 'firmware',
  version: 3,
  sizeBytes: 3,
  symbolBytes: 1184,
  blockCount: 1,
  fecEncodingId: 0,
  sha256: new Uint8Array(32),
  blockRoot: new Uint8Array(32),
  mode: 'several',
  ssm: false,
  channels: [{ group: new Uint8Array(16).fill(0xff), port: 4242, intervalUs: 1000, startRatio: 0 }],
  servers: [{ index: 0, name: 'one', address: undefined, startRatio: 0, channels: undefined }],
  createdS: 1,
  expiresS: undefined,
};

function hear(inbox: DescriptorInbox, record: Uint8Array, nowUs: number): Finding | undefined {
  const header = newHeader();
  const [datagram] = recordDatagrams(record, 0, 255);
  readHeader(datagram!, 0, datagram!.length, header);
  return inbox.handle(header, datagram!, HEADER_BYTES, datagram!.length - HEADER_BYTES, nowUs, 0);
}

describe('a flood of invented descriptors', () => {
  it('may hide a genuine one while it lasts, and no longer', () => {
    const faults = new FaultCounters();
    const options = {
      fleet: 'lab',
      object: 'firmware',
      publicKey: keys.publicKey,
      lowestVersion: 0,
      acceptExpired: false,
    };
    const inbox = new DescriptorInbox(options, faults);
    for (let i = 0; i < 300; i++) hear(inbox, Buffer.from(`${i}`.padEnd(100)), 0);
    expect(faults.get('signature')).toBe(256);
    expect(faults.get('flood')).toBe(44);
    const genuine = signRecord(packDescriptor(descriptor), keys.privateKey);
    expect(hear(inbox, genuine, 0)).toBeUndefined();
    expect(faults.get('flood')).toBe(45);
    expect(hear(inbox, genuine, 1_000_000)).toEqual({ kind: 'newest', descriptor });
  });
});
