import type { MembershipRequest } from '../base/ports.js';
import { InterfaceBinding } from './interfaces/interface-binding.js';
import type { InterfaceWatch } from './interfaces/interface-watch.js';
import { networkError } from './network-error.js';

/**
 * Joins a group with a socket of its own that is bound to the group's address. The kernel then delivers only this group to the
 * socket, whatever other groups this host has joined (on Linux a socket bound to `::` would receive all of them). With several
 * sources, the call joins either all of them or none.
 *
 * @param open makes the socket of one port, bound and joined. If it rejects, it has closed what it opened.
 * @throws {LayercastError} `UNKNOWN_INTERFACE` while no interface has the name; `NETWORK_UNAVAILABLE` when the system refuses.
 */
export async function joinGroup<Joined extends { close(): void }>(
  request: MembershipRequest,
  watch: InterfaceWatch,
  open: (binding: InterfaceBinding) => Promise<Joined>,
): Promise<Joined> {
  try {
    const binding = new InterfaceBinding(request.interface, watch);
    let socket: Joined | undefined;
    try {
      socket = await open(binding);
      binding.verify();
      return socket;
    } catch (cause) {
      socket?.close();
      // For a missing interface the system gives many different errors; the caller gets UNKNOWN_INTERFACE for all of them.
      binding.verify();
      throw cause;
    }
  } catch (cause) {
    const { port, group, interface: name, sources: from } = request;
    const what = `join [${group}]:${port}${from.length === 0 ? '' : ` from ${from.join(', ')}`}`;
    throw networkError({ what, port, interface: name, isSourceSpecific: from.length > 0 }, cause);
  }
}
