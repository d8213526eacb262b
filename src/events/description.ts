import { addressFromBytes } from '../wire/address.js';
import type { Descriptor } from '../wire/descriptor.js';

/** What `descriptor` events say of a signed description: addresses as text, hashes in hexadecimal. */
export function descriptionOf(descriptor: Descriptor) {
  const { fleet, object, version, sizeBytes, symbolBytes, blockCount, mode, sha256, channels, servers } = descriptor;
  return {
    fleet,
    object,
    version,
    bytes: sizeBytes,
    symbolBytes,
    blockCount,
    mode,
    sha256: Buffer.from(sha256).toString('hex'),
    channels: channels.map(({ group, port, intervalUs }, channel) => ({
      channel,
      group: addressFromBytes(group),
      port,
      intervalUs,
    })),
    servers: servers.map(({ name }) => name),
  };
}
