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
    ...describedOptions(descriptor),
  };
}

/** What a descriptor says only where it is so: that the object is a folder, and when it is sent. */
export function describedOptions({ tree, schedule }: Descriptor) {
  return {
    ...(tree === undefined ? {} : { tree }),
    ...(schedule === undefined
      ? {}
      : {
          schedule: {
            everyMs: schedule.everyS * 1000,
            forMs: schedule.lastsS * 1000,
            fromMs: schedule.fromS * 1000,
          },
        }),
  };
}
