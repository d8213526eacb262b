import type { Network, NetworkCapabilities } from './ports.js';

const DEFAULTS: NetworkCapabilities = {
  maxBatchCount: Number.POSITIVE_INFINITY,
  maxBatchBytes: Number.POSITIVE_INFINITY,
  hasSystemArrivals: false,
  hasDropsInBatches: false,
};

/** What a network can do: the defaults where it does not say. */
export function capabilitiesOf({ capabilities }: Pick<Network, 'capabilities'>): NetworkCapabilities {
  return { ...DEFAULTS, ...capabilities };
}
