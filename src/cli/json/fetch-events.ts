import type { Receiver } from '../../create-receiver.js';
import { addressFromBytes } from '../../wire/address.js';

/**
 * What `fetch --json` prints: the receiver's events, one by one, in the order they happen. docs/operations.md lists their
 * fields.
 */
export function tellPrograms(receiver: Receiver, print: (event: string, fields: object) => void): void {
  receiver.on('descriptor', ({ descriptor, resumedBytes }) => {
    const { fleet, object, version, sizeBytes, symbolBytes, blockCount, mode, sha256, channels, servers } = descriptor;
    print('descriptor', {
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
      resumedBytes,
    });
  });
  for (const name of ['join', 'leave'] as const) {
    // One join hears any server where it is not source-specific.
    receiver.on(name, (event) => print(name, { ...event, server: event.server ?? null }));
  }
  receiver.on('progress', (event) =>
    print('progress', { ...event, capacityBitsPerSecond: event.capacityBitsPerSecond ?? null }),
  );
  // Null where the network chooses the interface.
  receiver.on('listening', (event) => print('listening', { ...event, interface: event.interface ?? null }));
  for (const name of ['waiting', 'warning', 'complete'] as const) {
    receiver.on(name, (event: object) => print(name, event));
  }
}
