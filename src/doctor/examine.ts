import { addresses } from './checks/addresses.js';
import { batches } from './checks/batches.js';
import { bridge } from './checks/bridge.js';
import { buffers } from './checks/buffers.js';
import { clock } from './checks/clock.js';
import { fleet } from './checks/fleet.js';
import { output, state } from './checks/folders.js';
import { interfaceChoice } from './checks/interface-choice.js';
import { join } from './checks/join.js';
import { listeners } from './checks/listeners.js';
import { loop } from './checks/loop.js';
import { mld } from './checks/mld.js';
import { mtu } from './checks/mtu.js';
import { multicast } from './checks/multicast.js';
import type { Finding, Judgement } from './finding.js';
import type { HostFacts } from './host-facts.js';

/** The checks, in the order of a transfer: interface, network, sockets, host, files. */
const CHECKS: Readonly<Record<string, (facts: HostFacts) => readonly Judgement[]>> = {
  interface: interfaceChoice,
  addresses,
  multicast,
  join,
  loop,
  mld,
  listeners,
  bridge,
  mtu,
  buffers,
  batches,
  clock,
  state,
  output,
  fleet,
};

/** What all checks say of a host. A check that does not apply to it says nothing. */
export function examine(facts: HostFacts): readonly Finding[] {
  return Object.entries(CHECKS).flatMap(([check, judge]) => judge(facts).map((said) => ({ check, ...said })));
}
