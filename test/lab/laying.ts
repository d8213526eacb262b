/**
 * Commands that lay a bridge and its hosts, all for one shell (50 ms for 3 hosts; a process for each command took 5 times as long).
 *
 * The bridge in the middle is the querier. Its times are short, so that a bed is soon ready and a port soon silent after a leave:
 * hosts answer a query within 0.1 s (units of 10 ms), and a leave takes 2 queries 0.1 s apart. The querier is switched on last,
 * when the bridge has a link-local address to query from. From then on the bridge floods for one response time only. (The kernel uses
 * the response time set at that moment: 10 s, if one command sets both.) Duplicate address detection is off: no other host can have
 * the same address, and detection would delay the first reports by a second.
 */
export function layingScript(hosts: readonly string[], sites: Sites, mtuBytes: number): string {
  const names = Object.keys(sites);
  const bridgeOf = (host: string) => siteBridge(names.find((site) => sites[site]?.includes(host)));
  return `
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
ip link set dev lo up
${layBridge('bridge', mtuBytes)}
${names.map((site, index) => laySite(site, (index + 2).toString(16), mtuBytes)).join('')}
${hosts.map((host, index) => layHost(host, bridgeOf(host), (index + 1).toString(16), mtuBytes)).join('')}
ip link set dev bridge up
ip -6 addr add fe80::1/64 dev bridge nodad
ip link set dev bridge type bridge mcast_querier 1
`;
}

/** Hosts behind a link that they share, by the name of the site. */
export type Sites = Readonly<Record<string, readonly string[]>>;

/** The bridge that a host's cable goes to: the bridge in the middle, or the bridge of its site. */
export function siteBridge(site: string | undefined): string {
  return site === undefined ? 'bridge' : `b-${site}`;
}

/** Name of the site's end of the cable to the bridge in the middle. The other end has the site's name. */
function uplinkOf(site: string): string {
  return `u-${site}`;
}

/** A cable that a relay has cut: its ends are in the namespace of the bridge, where the relay reads and writes them. */
export interface CutCable {
  readonly bridgeSide: string;
  readonly hostSide: string;
}

/** Names that no host and no site can have. */
export function cutCable(hostIndex: number): CutCable {
  return { bridgeSide: `${hostIndex}-bridge`, hostSide: `${hostIndex}-host` };
}

/**
 * Commands that cut the cable to a host, for a relay between its ends. The bridge keeps its port and the counters of it: the host's
 * `eth0` becomes the bridge's side of the cut, and the host gets another one, which is still down. The ends take no part in IPv6. Both outer
 * ends write checksums and cut segments themselves: a relay gets whole packets, as they are on a cable.
 */
export function cuttingScript(host: string, index: number, anchorPid: number, mtuBytes: number): string {
  const { bridgeSide, hostSide } = cutCable(index);
  const whole = 'tx off sg off tso off gso off tx-udp-segmentation off';
  return `
ip netns exec ${host} ip link set dev eth0 down
ip netns exec ${host} ip link set dev eth0 name ${bridgeSide} netns ${anchorPid}
ip link add name ${hostSide} mtu ${mtuBytes} type veth peer name eth0 mtu ${mtuBytes} netns ${host}
for end in ${bridgeSide} ${hostSide}; do
  echo 1 >/proc/sys/net/ipv6/conf/$end/disable_ipv6
  ip link set dev $end up
done
ethtool -K ${host} ${whole} >&2
ip netns exec ${host} ethtool -K eth0 ${whole} >&2
`;
}

/** Commands that put a host's new `eth0` into operation, after `cuttingScript`. */
export function plugInScript(host: string, index: number): string {
  return `
ip netns exec ${host} ip addr add fd00:1::${(index + 1).toString(16)}/64 dev eth0 nodad
ip netns exec ${host} ip link set dev eth0 up
`;
}

/** Commands that lay a bridge with MLD snooping, down and without addresses. */
export function layBridge(name: string, mtuBytes: number): string {
  const quick = [
    'mcast_mld_version 2',
    'mcast_query_response_interval 10',
    'mcast_last_member_interval 10',
    'mcast_last_member_count 2',
    'mcast_query_interval 1000',
    'mcast_startup_query_interval 100',
  ];
  return `ip link add name ${name} mtu ${mtuBytes} type bridge stp_state 0 mcast_snooping 1 ${quick.join(' ')}`;
}

/**
 * A site's bridge sends no queries. The queries of the bridge in the middle tell it where to pass on reports, and when to forget a
 * listener. So the shared link stops carrying a group when the group's last listener at the site has left.
 */
function laySite(site: string, number: string, mtuBytes: number): string {
  const [bridge, uplink] = [siteBridge(site), uplinkOf(site)];
  return `
${layBridge(bridge, mtuBytes)}
ip link add name ${site} mtu ${mtuBytes} type veth peer name ${uplink} mtu ${mtuBytes}
ip link set dev ${site} master bridge up
ip link set dev ${uplink} master ${bridge} up
ip link set dev ${bridge} up
ip -6 addr add fe80::${number}/64 dev ${bridge} nodad
ethtool -K ${site} tx-udp-segmentation off
`;
}

/** A link drops single datagrams only if the host sends its segments one by one: the last line turns off segmentation offload. */
function layHost(host: string, bridge: string, number: string, mtuBytes: number): string {
  return `
ip netns add ${host}
ip netns exec ${host} sh -e <<'END'
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
echo 1 >/proc/sys/net/ipv6/conf/default/keep_addr_on_down
END
ip link add name ${host} mtu ${mtuBytes} type veth peer name eth0 mtu ${mtuBytes} netns ${host}
ip link set dev ${host} master ${bridge} up
ip netns exec ${host} sh -e <<'END'
ip link set dev lo up
ip addr add fd00:1::${number}/64 dev eth0 nodad
ip link set dev eth0 up
ethtool -K eth0 tx-udp-segmentation off
END
`;
}
