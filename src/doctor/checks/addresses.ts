import { failure, type Judgement, ok, warning } from '../finding.js';
import type { AddressFacts, HostFacts, LinkFacts } from '../host-facts.js';

/** The IPv6 addresses of the interface: states, and whether servers can send from them for long and through routers. */
export function addresses({ link, needs }: HostFacts): readonly Judgement[] {
  if (link === undefined) return [];
  const found = [...inStates(link), ...(needs.sends ? ofServers(link, needs.passesRouters) : [])];
  return found.length > 0 ? found : [ok(`${link.name} has ${textOf(link.addresses)}`)];
}

function inStates({ name, addresses: all }: LinkFacts): readonly Judgement[] {
  const [tentative, duplicate] = (['tentative', 'duplicate'] as const).map((state) =>
    all.filter((one) => one.state === state),
  );
  const found: Judgement[] = [];
  if (tentative !== undefined && tentative.length > 0) {
    found.push(
      warning(
        `${textOf(tentative)} on ${name} is still tentative`,
        'Nothing can be sent from an address until duplicate address detection has ended, which takes one or two seconds.',
        `Check that ${name} has a carrier (cable, radio): ip -6 addr show dev ${name}`,
      ),
    );
  }
  for (const { address } of duplicate ?? []) {
    found.push(
      warning(
        `${address} on ${name} is also the address of another host`,
        'Nothing can be sent from this address.',
        `ip addr del ${address} dev ${name}, then give it an address that no other host has`,
      ),
    );
  }
  return found;
}

function ofServers({ name, addresses: all }: LinkFacts, passesRouters: boolean): readonly Judgement[] {
  const wide = all.filter(({ state, isLinkLocal }) => state === 'usable' && !isLinkLocal);
  if (wide.length === 0 && passesRouters) {
    return [
      failure(
        `${name} has only a link-local address`,
        'Routers do not forward what is sent from it, so receivers behind a router hear nothing.',
        `ip addr add ADDRESS/64 dev ${name}, or "scope: link" in the fleet file if no router is on the way`,
      ),
    ];
  }
  if (!wide.some(({ isTemporary }) => isTemporary)) return [];
  return [
    warning(
      `${name} has temporary addresses, and the system may send from them`,
      'It replaces them after some hours. Source-specific receivers then no longer hear this server.',
      `sysctl -w net.ipv6.conf.${name}.use_tempaddr=0, or "address:" for this server in the fleet file`,
    ),
  ];
}

function textOf(all: readonly AddressFacts[]): string {
  return all.map(({ address, isTemporary }) => `${address}${isTemporary ? ' (temporary)' : ''}`).join(', ');
}
