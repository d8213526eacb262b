import { failure, type Judgement, ok } from '../finding.js';
import type { HostFacts } from '../host-facts.js';

/** Whether the system joins a group on the interface, with the port of the fleet. */
export function join({ probe, link }: HostFacts): readonly Judgement[] {
  if (probe === undefined || link === undefined) return [];
  if (probe.joinFault === undefined) return [ok(`a group was joined on ${link.name}, UDP port ${probe.port}`)];
  const { message, hint, errno } = probe.joinFault;
  const why =
    errno === 'EADDRINUSE'
      ? 'A receiver needs this port, which the servers of the fleet send to.'
      : 'A receiver cannot hear a group that it cannot join.';
  return [failure(message, why, hint ?? `Check that ${link.name} is up: ip link show dev ${link.name}`)];
}
