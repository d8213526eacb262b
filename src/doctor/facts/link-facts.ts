import { textOfAddress } from '../../base/ipv6-text.js';
import { isLinkLocal, readInterfaces } from '../../net/interfaces/interface-table.js';
import { mtuOf } from '../../net/interfaces/interfaces.js';
import type { BridgeFacts, LinkFacts } from '../host-facts.js';
import { outputOf } from './output-of.js';

/** The part of `ip -json -details address` that is used here. */
export interface ListedLink {
  readonly ifname: string;
  readonly flags?: readonly string[];
  readonly mtu?: number;
  /** The bridge that the interface is a port of. */
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Readonly<Record<string, unknown>> };
  readonly addr_info?: readonly { readonly local?: string; readonly temporary?: boolean }[];
}

/** All links of this host, as iproute2 lists them; empty where its program `ip` is missing, or is another one. */
export async function listedLinks(): Promise<readonly ListedLink[]> {
  const text = await outputOf('ip', ['-json', '-details', 'address', 'show']);
  try {
    const parsed: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(parsed) ? parsed.filter((one) => typeof one?.ifname === 'string') : [];
  } catch {
    return [];
  }
}

/** What a transfer needs to know of an interface. Flags and temporary addresses are told only by iproute2. */
export function linkFacts(name: string, links: readonly ListedLink[]): LinkFacts {
  const listed = links.find(({ ifname }) => ifname === name);
  const isTemporary = (address: string) =>
    listed?.addr_info?.some(({ local, temporary }) => local === address && temporary === true) ?? false;
  const addresses = readInterfaces()
    .addressesOf(name)
    .map(({ digits, state }) => {
      const address = textOfAddress(Buffer.from(digits, 'hex'));
      return { address, state, isLinkLocal: isLinkLocal(digits), isTemporary: isTemporary(address) };
    });
  return {
    name,
    addresses,
    canMulticast: listed?.flags?.includes('MULTICAST'),
    mtuBytes: listed?.mtu ?? mtuOf(name),
  };
}

/** The bridge that an interface is, or is a port of; undefined if there is none. */
export function bridgeFacts(name: string, links: readonly ListedLink[]): BridgeFacts | undefined {
  const listed = links.find(({ ifname }) => ifname === name);
  const bridge = [listed, links.find(({ ifname }) => ifname === listed?.master)].find(
    (one) => one?.linkinfo?.info_kind === 'bridge',
  );
  const data = bridge?.linkinfo?.info_data;
  if (bridge === undefined || data === undefined) return undefined;
  return {
    name: bridge.ifname,
    isSnooping: data.mcast_snooping === 1,
    isQuerier: data.mcast_querier === 1,
    mldVersion: Number(data.mcast_mld_version ?? 1),
  };
}
