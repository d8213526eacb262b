/**
 * A network that exists in memory, in virtual time, on which the real sending and receiving code runs. The same seed gives
 * the same run on any machine.
 *
 * How to put a simulation together:
 *
 * 1. `new VirtualNetwork(seed)` makes a clock at 0 and a tree that has only its root.
 * 2. `network.addLink({ name, below, down, up })` adds a link and a node at its lower end. Everything that impairs packets is an
 *    option of a link: rate, queue, delay, loss, jitter, duplication, damage.
 * 3. `network.addHost(…)` adds a host at a leaf. A host is a `Network` and a `Clock` (src/base/ports.ts).
 * 4. `new SimulatedServer({ host, … })` and `new SimulatedReceiver({ host, disk, … })` run the real code on a host, and
 *    `simulatedObject(…)` describes and signs what they send. `addCrossTraffic` adds flows of TCP and UDP.
 * 5. `network.clock.run(untilUs)` lets time pass; `network.log.digest()` tells two runs apart.
 *
 * `simulate(scenario)` does all of that from plain data, which src/scenario reads from YAML.
 *
 * The folders, each of which imports only those before it:
 *
 * - `random/`: seeded random numbers. Import `random/prng.js` directly where nothing else of the simulator is needed.
 * - `clock/`: virtual time, and each host's view of it.
 * - `object/`: objects to send: contents, descriptors, coded symbols.
 * - `disk/`: disks of receivers.
 * - `net/`: links, the tree with its memberships, hosts, the network, and the log of what happened.
 * - `tcp/`: cross traffic.
 * - `host/`: the real server and receiver on a virtual host.
 * - `run/`: scenarios: their data, full receivers, crowds, samples and the summary.
 */
export { HostClock } from './clock/host-clock.js';
export type { VirtualClock } from './clock/virtual-clock.js';
export { SimulatedReceiver, type SimulatedReceiverOptions } from './host/receiver.js';
export { type ServerOptions, SimulatedServer } from './host/server.js';
export { CapacityTrace } from './net/discipline/capacity-trace.js';
export type { Discipline } from './net/discipline/discipline.js';
export { disciplineOf } from './net/discipline/discipline-of.js';
export {
  type DisciplineOptions,
  FQ_CODEL_DEFAULTS,
  FQ_CODEL_QUEUE_BYTES,
} from './net/discipline/discipline-options.js';
export { type WanderingOptions, wanderingTrace } from './net/discipline/wandering-trace.js';
export type { HostOptions, VirtualHost } from './net/host.js';
export type { Link } from './net/link.js';
export { DEFAULT_QUEUE_BYTES, LEAST_QUEUE_BYTES, type LinkOptions, type LinkSettings } from './net/link-options.js';
export { type LossOptions, lossInBursts, mostLostIn } from './net/loss.js';
export { ROOT, VirtualNetwork } from './net/network.js';
export { headerOf, type Packet } from './net/packet.js';
export { TreeNode } from './net/tree.js';
export { blankContent, bufferContent, type Content, ContentSource, sparseContent } from './object/content.js';
export {
  announcementOf,
  type ObjectPlan,
  type SimulatedObject,
  simulatedKeys,
  simulatedObject,
} from './object/object.js';
export type {
  LinkChange,
  Scenario,
  ScenarioLink,
  ScenarioObject,
  ScenarioReceiver,
  ScenarioServer,
} from './run/scenario.js';
export { simulate } from './run/simulation.js';
export { addCrossTraffic, type TrafficOptions } from './tcp/cross-traffic.js';
