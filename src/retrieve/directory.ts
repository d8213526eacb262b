import type { Clock, MembershipRequest, Network } from '../base/ports.js';
import { waitUntil } from '../base/waiting.js';
import { FaultCounters } from '../receiver/counters.js';
import type { Finding } from '../receiver/watch/findings.js';
import type { TrustSource } from '../receiver/watch/fleet-trusts.js';
import { Watch } from '../receiver/watch/watch.js';
import type { Descriptor } from '../wire/descriptor.js';

/** More announcements than people can read. Further announcements, such as a forger's, are ignored. */
const MAX_ANNOUNCEMENTS = 10_000;

/** A descriptor that was announced. */
export interface Announcement {
  readonly descriptor: Descriptor;
  /** Addresses from which the descriptor was heard, in the order of hearing; at most 16 of each record. */
  readonly sources: readonly string[];
  /** Whether the given key, or enough keys of the given root, signed the descriptor; undefined when no key was given. */
  readonly genuine: boolean | undefined;
}

/**
 * Listens to announcements for a while. Without `trust` no signature is checked, and anybody can announce anything.
 *
 * @param request the directory's group, or a fleet's announcement group.
 * @param untilUs when to stop listening, on the clock of `world`.
 */
export async function listen(
  request: MembershipRequest,
  untilUs: number,
  trust: TrustSource | undefined,
  world: { readonly clock: Clock; readonly network: Network },
  signal: AbortSignal,
): Promise<readonly Announcement[]> {
  const anyObject = { fleet: undefined, object: undefined, lowestVersionOf: () => 0, acceptExpired: true };
  const watch = new Watch(
    { ...anyObject, trust, announcement: request, waits: false },
    { ...world, onWaiting: () => undefined, onRefused: () => undefined },
    new FaultCounters(),
  );
  const collected = collect(watch);
  try {
    await watch.open();
    await waitUntil(untilUs, world.clock, signal);
  } finally {
    await watch.close();
  }
  return collected;
}

/** All that a watch finds until it is closed, sorted by fleet, object and version. */
async function collect(watch: Watch): Promise<readonly Announcement[]> {
  const findings: Finding[] = [];
  for await (const finding of watch) if (findings.length < MAX_ANNOUNCEMENTS) findings.push(finding);
  const announcements = new Map<string, Announcement>();
  for (const { kind, descriptor, refusal, sources } of findings) {
    const isOurs = kind !== 'foreign' && (kind === 'unlisted' || refusal?.code !== 'ROLE_REFUSED');
    const genuine = kind === 'unchecked' ? undefined : isOurs;
    const hash = Buffer.from(descriptor.sha256).toString('hex');
    const id = JSON.stringify([descriptor.fleet, descriptor.object, descriptor.version, hash, genuine]);
    const known = announcements.get(id);
    const all = new Set([...(known?.sources ?? []), ...sources]);
    announcements.set(id, { descriptor: known?.descriptor ?? descriptor, sources: [...all], genuine });
  }
  const text = ({ descriptor }: Announcement) => `${descriptor.fleet}/${descriptor.object}`;
  return [...announcements.values()].sort(
    (a, b) => text(a).localeCompare(text(b)) || a.descriptor.version - b.descriptor.version,
  );
}
