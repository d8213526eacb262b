import { readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { bytesOfAddress } from '../../base/ipv6-text.js';

/**
 * Linux: which IPv6 addresses there are, with their states, and which interfaces take part in IPv6, whether up or down. Files
 * under /proc/self/net show the network namespace of this process; /sys shows that of whoever mounted it.
 */
const ADDRESSES_FILE = '/proc/self/net/if_inet6';
const GROUPS_FILE = '/proc/self/net/igmp6';

/** Flags of Linux's <linux/if_addr.h>, as the file of addresses has them. */
const IFA_F_OPTIMISTIC = 0x04;
const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;

/** The digits of ::1, the address of loopback (RFC 4291, section 2.5.3). */
export const LOOPBACK = '1'.padStart(32, '0');

/** How the program reads the interfaces. Tests use other readers than the system's. */
export interface InterfaceReaders {
  /** The text of a file; undefined when the file cannot be read. */
  readonly file: (path: string) => string | undefined;
  readonly interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]>;
}

/**
 * Whether an address can be sent from. `tentative`: duplicate address detection (RFC 4862, section 5.4) has not ended.
 * `duplicate`: it has found another host with the address.
 */
export type AddressState = 'usable' | 'tentative' | 'duplicate';

/** One IPv6 address of one interface. */
export interface InterfaceAddress {
  readonly interface: string;
  /** The address as 32 hexadecimal digits in lower case. */
  readonly digits: string;
  readonly state: AddressState;
}

/** The interfaces of this host and their IPv6 addresses at one moment. Questions by name and digits allocate nothing. */
export class InterfaceTable {
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #addresses: readonly InterfaceAddress[];
  /** By interface; of all interfaces under `ANY`. */
  readonly #states = new Map<string, Map<string, AddressState>>([[ANY, new Map()]]);
  readonly #wide = new Set<string>();

  constructor(indexes: ReadonlyMap<string, number>, addresses: readonly InterfaceAddress[]) {
    this.#indexes = indexes;
    this.#addresses = addresses;
    for (const { interface: name, digits, state } of addresses) {
      const own = this.#states.get(name) ?? new Map<string, AddressState>();
      this.#states.set(name, own.set(digits, state));
      this.#states.get(ANY)?.set(digits, state);
      if (state === 'usable' && !isLinkLocal(digits) && digits !== LOOPBACK) this.#wide.add(name);
    }
  }

  /**
   * The index of the interface with exactly this name, up or down; undefined when no interface has the name. Elsewhere than on
   * Linux, 0 stands for an interface whose index cannot be told.
   */
  indexOf(name: string): number | undefined {
    return this.#indexes.get(name);
  }

  /** The addresses of one interface, or without a name of all interfaces but loopback. */
  addressesOf(name: string | undefined): readonly InterfaceAddress[] {
    return this.#addresses.filter((one) => (name === undefined ? one.digits !== LOOPBACK : one.interface === name));
  }

  /** The state of an address of an interface, or without a name of any interface; undefined when the address is not there. */
  stateOf(name: string | undefined, digits: string): AddressState | undefined {
    return this.#states.get(name ?? ANY)?.get(digits);
  }

  /** Whether an interface has an address that can be sent from and that routers forward: not a link-local one. */
  hasWideAddress(name: string): boolean {
    return this.#wide.has(name);
  }
}

/** No interface has this name, because names are not empty. */
const ANY = '';

/** Whether the digits of an address are in fe80::/10 (RFC 4291, section 2.5.6). */
export function isLinkLocal(digits: string): boolean {
  return /^fe[89ab]/.test(digits);
}

export const systemReaders: InterfaceReaders = { file: readFile, interfaces: networkInterfaces };

/** Reads the interfaces from the system. Takes some 0.1 ms on Linux. */
export function readInterfaces(readers: InterfaceReaders = systemReaders): InterfaceTable {
  const addresses = readers.file(ADDRESSES_FILE);
  const groups = readers.file(GROUPS_FILE);
  return addresses === undefined || groups === undefined
    ? portableTable(readers.interfaces())
    : linuxTable(addresses, groups);
}

/** An address in any notation, with or without zone, as 32 hexadecimal digits. The text must be an IPv6 address. */
export function digitsOf(address: string): string {
  const { 0: withoutZone = '' } = address.split('%');
  return Buffer.from(bytesOfAddress(withoutZone)).toString('hex');
}

/**
 * Lines of `if_inet6`: address, index, prefix length, scope, flags, name (the numbers in hexadecimal). An interface that is being
 * deleted loses its name first and its addresses up to a second later, where the system keeps addresses of interfaces that are
 * down (`keep_addr_on_down`). So addresses alone do not prove that an interface is there; groups do, of which each has one.
 */
function linuxTable(addressText: string, groupText: string): InterfaceTable {
  const indexes = new Map<string, number>();
  for (const [index, name] of fieldsOf(groupText)) {
    if (index !== undefined && name !== undefined) indexes.set(name, Number(index));
  }
  const addresses = fieldsOf(addressText).flatMap(([digits, index, , , flags, name]) => {
    if (digits?.length !== 32 || index === undefined || flags === undefined || name === undefined) return [];
    if (indexes.get(name) !== Number.parseInt(index, 16)) return [];
    return [{ interface: name, digits, state: stateOf(Number.parseInt(flags, 16)) }];
  });
  return new InterfaceTable(indexes, addresses);
}

function stateOf(flags: number): AddressState {
  if ((flags & IFA_F_DADFAILED) !== 0) return 'duplicate';
  // An optimistic address is tentative and may be sent from (RFC 4429).
  return (flags & IFA_F_TENTATIVE) !== 0 && (flags & IFA_F_OPTIMISTIC) === 0 ? 'tentative' : 'usable';
}

/** Systems other than Linux tell an index only with link-local addresses, and do not tell states. */
function portableTable(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): InterfaceTable {
  const indexes = new Map<string, number>();
  const addresses: InterfaceAddress[] = [];
  for (const [name, entries = []] of Object.entries(interfaces)) {
    indexes.set(name, 0);
    for (const entry of entries) {
      if (entry.family !== 'IPv6') continue;
      if (entry.scopeid !== 0) indexes.set(name, entry.scopeid);
      addresses.push({ interface: name, digits: digitsOf(entry.address), state: 'usable' });
    }
  }
  return new InterfaceTable(indexes, addresses);
}

function fieldsOf(text: string): readonly (readonly string[])[] {
  return text.split('\n').map((line) => line.trim().split(/\s+/));
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
