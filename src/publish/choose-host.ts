import { LayercastError } from '../base/errors.js';
import type { Fleet, FleetServer } from '../fleet/fleet.js';

/**
 * The server of a fleet that this host is: the one called `name`; else the only one; else the one with this host's name or one of
 * its addresses.
 *
 * @throws {LayercastError} `UNKNOWN_HOST`, which lists the servers of the fleet
 */
export function chooseServer(
  fleet: Fleet,
  name: string | undefined,
  host: { readonly name: string; readonly addresses: readonly string[] },
): FleetServer {
  const { servers } = fleet;
  if (name !== undefined)
    return servers.find((server) => server.name === name) ?? unknown(fleet, `no server is called "${name}"`);
  if (servers.length === 1) return servers[0]!;
  const shortName = host.name.split('.')[0];
  return (
    servers.find((server) => server.name === host.name || server.name === shortName) ??
    servers.find((server) => server.address !== undefined && host.addresses.includes(server.address)) ??
    unknown(fleet, `no server has this host's name "${host.name}" or one of its addresses`)
  );
}

function unknown(fleet: Fleet, what: string): never {
  const names = fleet.servers.map((server) => server.name).join(', ');
  throw new LayercastError('UNKNOWN_HOST', `fleet ${fleet.name}: ${what}`, {
    hint: (say) => `Name one with ${say('host')}: ${names}`,
  });
}
