import { DURATION, formatQuantity } from '../../base/units.js';
import { failure, type Judgement, ok, warning } from '../finding.js';
import type { HostFacts, MldFacts } from '../host-facts.js';

/** Whether a querier was heard, and which version of MLD this host speaks with it. */
export function mld({ probe, link, needs }: HostFacts): readonly Judgement[] {
  const counts = probe?.mld;
  if (counts === undefined || link === undefined) return [];
  const found = [...querier(counts, link.name), ...version(counts, needs.ssm)];
  return found.length > 0 ? found : [ok(`MLD queries were heard on ${link.name}, and reports go out as MLDv2`)];
}

function querier({ queryCount, listenedMs }: MldFacts, name: string): readonly Judgement[] {
  if (queryCount > 0) return [];
  const since = listenedMs === 0 ? 'since the interface came up' : `for ${formatQuantity(DURATION, listenedMs * 1000)}`;
  return [
    warning(
      `no MLD query was heard on ${name} ${since}`,
      'Switches with MLD snooping forget memberships after some minutes without queries, and reception stops. ' +
        'Either no router or switch on the link sends queries, or a firewall here drops ICMPv6 type 130.',
      'Make one router or switch the MLDv2 querier (on a Linux bridge: ip link set br0 type bridge mcast_querier 1); ' +
        'with --wait 130s this command listens for a whole query interval',
    ),
  ];
}

function version({ v1ReportCount, v2ReportCount }: MldFacts, ssm: boolean): readonly Judgement[] {
  if (v1ReportCount === 0 || v2ReportCount > 0) return [];
  const message = 'this host speaks MLDv1, because the querier of the link does, or because force_mld_version says so';
  const remedy = 'Set the querier to MLDv2 (on a Linux bridge: ip link set br0 type bridge mcast_mld_version 2)';
  return ssm
    ? [failure(message, 'The fleet is source-specific (ssm: true), and MLDv1 cannot join single sources.', remedy)]
    : [warning(message, 'MLDv1 cannot join single sources, so fleets with ssm: true do not work here.', remedy)];
}
