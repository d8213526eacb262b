import { BlockList, isIP, isIPv4 } from 'node:net';

/** Addresses of a list, such as those that may change something: addresses and prefixes, `fd00::/8`. */
export class AddressList {
  readonly #list = new BlockList();

  /** @param prefixes for each of them `isPrefix` is true */
  constructor(prefixes: readonly string[]) {
    for (const prefix of prefixes) {
      const [address = '', length] = prefix.split('/');
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      if (length === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(length), family);
    }
  }

  /** @param address as a socket says it: with a zone, or an IPv4 address in IPv6 form */
  has(address: string): boolean {
    const plain = address.split('%')[0]!.replace(/^::ffff:(?=\d+\.)/i, '');
    return isIP(plain) !== 0 && this.#list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  }
}

/** Whether a text is an address, or a prefix of addresses. */
export function isPrefix(text: string): boolean {
  const [, address = '', length] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(length ?? 0) <= (family === 4 ? 32 : 128);
}
