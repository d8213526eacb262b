import { type Judgement, ok, warning } from '../finding.js';
import type { HostFacts } from '../host-facts.js';

/** Snooping and querier of the Linux bridge that the interface is or belongs to. */
export function bridge({ bridge: found, probe }: HostFacts): readonly Judgement[] {
  if (found === undefined) return [];
  const { name, isSnooping, isQuerier, mldVersion } = found;
  if (!isSnooping) {
    return [
      warning(
        `the bridge ${name} has no MLD snooping`,
        'It floods every group to every port, so channels that nobody behind a port joined fill its link.',
        `ip link set ${name} type bridge mcast_snooping 1`,
      ),
    ];
  }
  const hears = (probe?.mld?.queryCount ?? 0) > 0;
  if (!isQuerier && !hears) {
    return [
      warning(
        `the bridge ${name} has MLD snooping, and no querier was heard`,
        'Without a querier the bridge floods every group to every port; switches behind it forget memberships.',
        `ip link set ${name} type bridge mcast_querier 1 mcast_mld_version 2`,
      ),
    ];
  }
  if (isQuerier && mldVersion < 2) {
    return [
      warning(
        `the bridge ${name} is a querier of MLDv${mldVersion}`,
        'All hosts on the link then speak MLDv1, which cannot join single sources (ssm: true).',
        `ip link set ${name} type bridge mcast_mld_version 2`,
      ),
    ];
  }
  return [ok(`the bridge ${name} has MLD snooping${isQuerier ? ' and is a querier' : ''}`)];
}
