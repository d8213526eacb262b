import type { NetworkInterfaceInfo } from 'node:os';
import { digitsOf, type InterfaceReaders } from '../../dist/net/interfaces/interface-table.js';

/** Flags of Linux's <linux/if_addr.h>. */
export const FLAGS = { permanent: 0x80, tentative: 0xc0, optimistic: 0xc4, duplicate: 0xc8, deprecated: 0xa0 };

export interface FakeInterface {
  readonly index: number;
  /** The flags of each address. */
  readonly addresses: Readonly<Record<string, number>>;
  readonly isDown?: boolean;
  /** Whether the interface has lost its name and still has its addresses. */
  readonly isBeingDeleted?: boolean;
  readonly mtuBytes?: number;
}

/** Interfaces that a test may change, with readers that give the same texts as Linux. */
export class FakeInterfaces implements InterfaceReaders {
  readonly all = new Map<string, FakeInterface>();
  /** How many times a file was read. */
  readCount = 0;

  constructor(all: Readonly<Record<string, FakeInterface>> = {}) {
    for (const [name, one] of Object.entries(all)) this.all.set(name, one);
  }

  readonly file = (path: string): string | undefined => {
    this.readCount++;
    const mtu = /^\/proc\/sys\/net\/ipv6\/conf\/(.+)\/mtu$/.exec(path)?.[1];
    if (mtu === 'all' || mtu === 'default') return '1280\n';
    if (mtu !== undefined) return this.all.has(mtu) ? `${this.all.get(mtu)!.mtuBytes ?? 1500}\n` : undefined;
    const lines = [...this.all].flatMap(([name, { index, addresses, isDown, isBeingDeleted }]) => {
      if (path === '/proc/self/net/igmp6') {
        if (isBeingDeleted) return [];
        return [`${String(index).padEnd(4)} ${name.padEnd(15)} ff020000000000000000000000000001     1 0000000C 0`];
      }
      if (path !== '/proc/self/net/if_inet6') throw new Error(`nobody reads ${path}`);
      return Object.entries(isDown ? {} : addresses).map(
        ([address, flags]) => `${digitsOf(address)} ${hex(index)} 40 20 ${hex(flags)} ${name.padStart(8)}`,
      );
    });
    return lines.map((line) => `${line}\n`).join('');
  };

  readonly interfaces = (): NodeJS.Dict<NetworkInterfaceInfo[]> => {
    const up = [...this.all].filter(([, { isDown, addresses }]) => !isDown && Object.keys(addresses).length > 0);
    return Object.fromEntries(
      up.map(([name, { index, addresses }]) => [name, Object.keys(addresses).map((one) => entryOf(name, index, one))]),
    );
  };
}

function entryOf(name: string, index: number, address: string): NetworkInterfaceInfo {
  const scopeid = address.startsWith('fe80') ? index : 0;
  const netmask = 'ffff:ffff:ffff:ffff::';
  return { address, netmask, family: 'IPv6', mac: '', internal: name === 'lo', cidr: `${address}/64`, scopeid };
}

function hex(value: number): string {
  return value.toString(16).padStart(2, '0');
}
