import { failure, type Judgement, ok, warning } from '../finding.js';
import type { HostFacts } from '../host-facts.js';

/** Whether a server that sends only while somebody listens (`trigger: mld`) may hear who does. */
export function listeners({ hearing, needs }: HostFacts): readonly Judgement[] {
  if (hearing === undefined) return [];
  if (hearing.mayHear === undefined) return [];
  if (hearing.mayHear) return [ok('reports of listeners can be heard (trigger: mld)')];
  const as = needs.sends ? failure : warning;
  return [
    as(
      'this user may not hear reports of listeners (no CAP_NET_RAW)',
      'Objects with trigger: mld are then sent always, as if somebody listened.',
      'Give the service AmbientCapabilities=CAP_NET_RAW, or run it with setpriv --ambient-caps=+net_raw --inh-caps=+net_raw',
    ),
  ];
}
