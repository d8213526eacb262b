import type { Membership, MembershipRequest, Network, ReceivedBatch } from '../../base/ports.js';
import type { DomainAnswer } from './domain-servers.js';

/**
 * A network that hears only the servers of a domain: joins that would hear any source name its servers' addresses. When these change, the
 * memberships become stale, so that their owners join anew.
 *
 * @param announcement the group that is joined on the port that the domain names
 * @param current the newest answer; another object after each change
 */
export function sourcedNetwork(network: Network, announcement: string, current: () => DomainAnswer): Network {
  return {
    openSender: (destination) => network.openSender(destination),
    capabilities: network.capabilities,
    sourceAddress: network.sourceAddress === undefined ? undefined : (id) => network.sourceAddress?.(id),
    readArrived: network.readArrived === undefined ? undefined : () => network.readArrived?.(),
    dropped: network.dropped === undefined ? undefined : () => network.dropped?.() ?? 0,
    join: (request, onBatch) => joinFrom(network, announcement, current, request, onBatch),
  };
}

async function joinFrom(
  network: Network,
  announcement: string,
  current: () => DomainAnswer,
  request: MembershipRequest,
  onBatch: (batch: ReceivedBatch) => void,
): Promise<Membership> {
  // A source-specific fleet's channels name the servers of the signed descriptor.
  if (request.sources.length > 0) return network.join(request, onBatch);
  const answer = current();
  const port = request.group === announcement ? answer.port : request.port;
  const membership = await network.join({ ...request, port, sources: answer.sources }, onBatch);
  return {
    get isStale() {
      return membership.isStale || current() !== answer;
    },
    ...(membership.setTimed === undefined ? {} : { setTimed: (isTimed: boolean) => membership.setTimed?.(isTimed) }),
    leave: () => membership.leave(),
  };
}
