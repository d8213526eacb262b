import type { Bed } from './bed.js';
import type { Relay } from './relay/relay.js';
import type { RelayOptions } from './relay/relay-options.js';
import type { Shape, TokenBucket } from './shaping.js';

/** How the link toward a host behaves. */
export type LabLink =
  /** Packet after packet from one queue (`Port.shape`). */
  | ({ readonly kind: 'serial' } & Shape)
  /** A token bucket with a queue (`Port.bucket`). */
  | ({ readonly kind: 'tbf' } & TokenBucket)
  /** What the kernel does not have (`Bed.relay`). */
  | ({ readonly kind: 'relay' } & RelayOptions);

/**
 * Gives the link toward a host a behaviour, in the place of the one before. Processes must not run on the host yet.
 *
 * @returns the relay, if the link has one: its counters are then those of the link, and otherwise those of the port are
 */
export async function applyLink(bed: Bed, host: string, link: LabLink): Promise<Relay | undefined> {
  if (link.kind === 'relay') return await bed.relay(host, link);
  if (link.kind === 'tbf') await bed.port(host).bucket(link);
  else await bed.port(host).shape(link);
  return undefined;
}
