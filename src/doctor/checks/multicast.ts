import { failure, type Judgement, ok } from '../finding.js';
import type { HostFacts } from '../host-facts.js';

/** Whether the interface takes part in multicast. */
export function multicast({ link }: HostFacts): readonly Judgement[] {
  if (link?.canMulticast === undefined) return [];
  const { name } = link;
  if (link.canMulticast) return [ok(`${name} has the flag MULTICAST`)];
  return [
    failure(
      `${name} lacks the flag MULTICAST`,
      'The system joins no groups on it. Tunnels and some virtual interfaces come without the flag.',
      `ip link set dev ${name} multicast on`,
    ),
  ];
}
