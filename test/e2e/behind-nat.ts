import type { Scene } from './scene.js';

/** What the NAT forgets after 5 s, as those of the world do after 30 s. */
const RULES = `
table ip6 nat {
  chain post { type nat hook postrouting priority 100; oifname "eth0" masquerade; }
  chain forward {
    type filter hook forward priority 0; policy drop;
    iifname "eth1" accept
    ct state established,related accept
  }
}`;

/** Puts a NAT between the hosts `d` and `m`: the host `nat`, by a cable of its own. Groups on `eth0` reach `d` as they reach all. */
export async function layNat({ bed }: Scene): Promise<void> {
  const [nat, device] = [bed.host('nat'), bed.host('d')];
  await bed.cable('nat', 'd');
  await device.run('ip', ['route', 'add', `${bed.host('m').address}/128`, 'via', 'fd00:2::1']);
  await nat.run('nft', ['-f', '-'], RULES);
  for (const setting of [
    'ipv6.conf.all.forwarding=1',
    'netfilter.nf_conntrack_udp_timeout=5',
    'netfilter.nf_conntrack_udp_timeout_stream=5',
  ]) {
    await nat.run('sysctl', ['-qw', `net.${setting}`]);
  }
}
