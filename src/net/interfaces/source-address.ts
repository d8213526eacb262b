import { LayercastError } from '../../base/errors.js';
import type { Destination } from '../../base/ports.js';
import { type AddressState, digitsOf, type InterfaceTable, isLinkLocal } from './interface-table.js';
import type { InterfaceWatch } from './interface-watch.js';

/** The interface and address that datagrams leave from: as requested, with the interface of a link-local address filled in. */
export interface SourceChoice {
  readonly interface: string | undefined;
  readonly source: string | undefined;
  /** Whether the source is a link-local address, which is bound with the interface's zone. */
  readonly isLinkLocal: boolean;
}

/**
 * Finds the interface of a link-local address: if the destination names no interface, the one that has the address.
 *
 * @throws {LayercastError} `UNKNOWN_INTERFACE` when several interfaces have the address, or none.
 */
export function sourceChoice({ source, interface: name }: Destination, watch: InterfaceWatch): SourceChoice {
  if (source === undefined || !isLinkLocal(digitsOf(source))) return { interface: name, source, isLinkLocal: false };
  if (name !== undefined) return { interface: name, source, isLinkLocal: true };
  const digits = digitsOf(source);
  const holders = watch
    .fresh()
    .addressesOf(undefined)
    .filter((one) => one.digits === digits);
  const [holder] = holders;
  if (holder !== undefined && holders.length === 1) return { interface: holder.interface, source, isLinkLocal: true };
  const names = holders.map((one) => one.interface).join(', ');
  throw new LayercastError(
    'UNKNOWN_INTERFACE',
    holder === undefined
      ? `no interface has the link-local address ${source}`
      : `several interfaces have the link-local address ${source}: ${names}`,
    { hint: (say) => `Name the interface that the address belongs to with ${say('interface')}` },
  );
}

/**
 * Why the system may refuse the source of datagrams: `tentative` while duplicate address detection of the source, or of any
 * address that the system could choose, has not ended; `duplicate` when it has failed for all of them.
 */
export function sourceState(
  { interface: name, source }: SourceChoice,
  table: InterfaceTable,
): AddressState | undefined {
  if (source !== undefined) {
    const digits = digitsOf(source);
    return table.stateOf(name, digits) ?? table.stateOf(undefined, digits);
  }
  const states = table.addressesOf(name).map(({ state }) => state);
  return (['tentative', 'usable', 'duplicate'] as const).find((state) => states.includes(state));
}
