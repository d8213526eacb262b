import { layBridge } from './laying.js';
import type { Plug, RoutedPlan } from './routed-plan.js';

/**
 * Commands that lay the bridges, hosts and routers of a plan, all for one shell. As in a bed around one bridge, duplicate address detection is off, and
 * each LAN's querier is switched on last. Hosts and routers cut their segments themselves, so that links drop single packets.
 */
export function layRoutedScript(plan: RoutedPlan, mtuBytes: number): string {
  const nodes = [...plan.hosts, ...plan.routers];
  return `
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
ip link set dev lo up
${plan.lans.map((lan) => `${layBridge(lan, mtuBytes)}\n`).join('')}
${nodes.map((node) => layNode(node, plan.routers.includes(node))).join('')}
${plan.plugs.map((plug) => layPlug(plug, mtuBytes)).join('')}
${plan
  .routes()
  .map(({ node, to, via }) => layRoute(node, to, via))
  .join('')}
${plan.lans.map(startLan).join('')}
`;
}

function layNode(node: string, isRouter: boolean): string {
  return `
ip netns add ${node}
ip netns exec ${node} sh -e <<'END'
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
echo ${isRouter ? 1 : 0} >/proc/sys/net/ipv6/conf/all/forwarding
echo ${isRouter ? 1 : 0} >/proc/sys/net/ipv4/ip_forward
ip link set dev lo up
END
`;
}

function layPlug({ node, lan, port, interfaceName, ipv6, ipv4 }: Plug, mtuBytes: number): string {
  return `
ip link add name ${port} mtu ${mtuBytes} type veth peer name ${interfaceName} mtu ${mtuBytes} netns ${node}
ip link set dev ${port} master ${lan} up
ip netns exec ${node} sh -e <<'END'
ip addr add ${ipv6}/64 dev ${interfaceName} nodad
ip addr add ${ipv4}/24 brd + dev ${interfaceName}
ip link set dev ${interfaceName} up
ethtool -K ${interfaceName} tso off gso off gro off tx-udp-segmentation off
${interfaceName === 'eth0' ? 'ip route add 224.0.0.0/4 dev eth0' : ''}
END
`;
}

function layRoute(node: string, to: { readonly ipv6: string; readonly ipv4: string }, via: Plug): string {
  return `
ip -n ${node} -6 route add ${to.ipv6} via ${via.ipv6}
ip -n ${node} -4 route add ${to.ipv4} via ${via.ipv4}
`;
}

function startLan(lan: string, index: number): string {
  return `
ip link set dev ${lan} up
ip -6 addr add fe80::${(index + 1).toString(16)}/64 dev ${lan} nodad
ip link set dev ${lan} type bridge mcast_querier 1
`;
}
