import type { Network, NetworkCapabilities } from './ports.js';

const DEFAULTS: NetworkCapabilities = {
  maxBatchCount: Number.POSITIVE_INFINITY,
  maxBatchBytes: Number.POSITIVE_INFINITY,
  hasSystemArrivals: false,
  hasDropsInBatches: false,
};

/** Everything that a network can do, with the default for each capability that it does not state. */
export function capabilitiesOf({ capabilities }: Pick<Network, 'capabilities'>): NetworkCapabilities {
  return { ...DEFAULTS, ...capabilities };
}
