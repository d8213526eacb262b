/** The part of ip6addr 0.2 that is used here; the package ships no types. */
declare module 'ip6addr' {
  interface Addr {
    /** `ipv4` for IPv4 and IPv4-mapped addresses. */
    kind(): 'ipv4' | 'ipv6';
    toString(options?: {
      readonly format?: 'auto' | 'v4' | 'v4-mapped' | 'v6';
      readonly zeroElide?: boolean;
      readonly zeroPad?: boolean;
    }): string;
  }
  const ip6addr: {
    /** Throws on anything that is not an address; knows nothing of zones. */
    parse(text: string): Addr;
  };
  export default ip6addr;
}
