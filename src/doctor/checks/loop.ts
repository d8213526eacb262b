import { failure, type Judgement, ok, warning } from '../finding.js';
import type { HostFacts, ProbeFacts } from '../host-facts.js';

/** Whether datagrams that this host sent to a joined group came back to it: they pass its firewall like those of other hosts. */
export function loop({ probe, link, firewall }: HostFacts): readonly Judgement[] {
  if (probe === undefined || link === undefined || probe.joinFault !== undefined) return [];
  const { sendFault, sentCount, heardCount } = probe;
  if (sendFault !== undefined) {
    const remedy = sendFault.hint ?? `Check the routes: ip -6 route show table all dev ${link.name}`;
    return [failure(sendFault.message, 'A server cannot send from here.', remedy)];
  }
  if (heardCount >= sentCount) {
    return [ok(`${heardCount} of ${sentCount} datagrams sent to the group on ${link.name} came back (hop limit 0)`)];
  }
  if (heardCount > 0) {
    return [
      warning(
        `only ${heardCount} of ${sentCount} datagrams sent to a joined group on ${link.name} came back`,
        'This host loses datagrams before any network does: it is overloaded, or a rule limits their rate.',
        'nft list ruleset shows the rules; "top" what else runs',
      ),
    ];
  }
  return [lost(probe, link.name, firewall)];
}

function lost({ port }: ProbeFacts, name: string, firewall: HostFacts['firewall']): Judgement {
  const { program, inputChain } = firewall;
  const where = inputChain === undefined ? '' : `; arriving packets pass the chain "${inputChain}"`;
  const remedies = {
    nft: `nft insert rule ${inputChain ?? 'inet filter input'} ip6 daddr ff00::/8 udp dport ${port} accept`,
    firewalld: `firewall-cmd --permanent --add-port=${port}/udp && firewall-cmd --reload`,
    ufw: `ufw allow ${port}/udp`,
  };
  return failure(
    `no datagram sent to a joined group on ${name} came back${where}`,
    'A firewall drops what arrives for the groups of a fleet, or the interface has just come up and lacks its route for multicast.',
    program === undefined
      ? `As root, nft list ruleset shows the rules: let UDP port ${port} to ff00::/8 pass`
      : remedies[program],
  );
}
