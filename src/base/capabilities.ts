import type { Network, NetworkCapabilities } from './ports.js';

const DEFAULTS: NetworkCapabilities = { hasSystemArrivals: false, hasDropsInBatches: false };

/** What a network can do: the defaults where it does not say. */
export function capabilitiesOf({ capabilities }: Pick<Network, 'capabilities'>): NetworkCapabilities {
  return { ...DEFAULTS, ...capabilities };
}
