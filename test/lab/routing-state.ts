import type { Member } from './memberships.js';
import type { RoutedPlan } from './routed-plan.js';

/** The interfaces by which a router sends each group. */
export type Outputs = ReadonlyMap<string, ReadonlySet<string>>;

/** Groups of the link alone: ff01::, ff02::, 224.0.0.0/24. No router forwards these. */
const STAYS = /^(?:ff.[12]:|224\.0\.0\.)/;

/**
 * What each router has to forward where, if the bridges know these listeners: a group goes to a LAN where a host listens to it, and to the LANs on
 * the way there. Routers are listeners, too, because of what they forward. They are not counted, or a group would never end.
 */
export function outputsOf(plan: RoutedPlan, members: readonly Member[]): ReadonlyMap<string, Outputs> {
  const lanOf = new Map(plan.hosts.flatMap((host) => plan.plugsOf(host).map(({ port, lan }) => [port, lan])));
  const heard = members
    .filter(({ host, group }) => lanOf.has(host) && !STAYS.test(group))
    .map(({ host, group }) => ({ lan: lanOf.get(host)!, group }));
  return new Map(
    plan.routers.map((router) => {
      const outputs = new Map<string, Set<string>>();
      for (const plug of plan.plugsOf(router).slice(1)) {
        const reached = new Set(plan.beyond(plug));
        for (const { lan, group } of heard) {
          if (reached.has(lan)) outputs.set(group, (outputs.get(group) ?? new Set()).add(plug.interfaceName));
        }
      }
      return [router, outputs];
    }),
  );
}
