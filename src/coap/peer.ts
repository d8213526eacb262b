/** The host and port that a datagram came from, or goes to. */
export interface Peer {
  /** As the socket writes it: IPv6 with a zone where one is needed, or IPv4. */
  readonly address: string;
  readonly port: number;
}

/** One text for each peer, as a key: `[::1]:5683`, `[192.0.2.1]:5683`. Texts for others are made by `authorityOf`. */
export function peerKey({ address, port }: Peer): string {
  return `[${address}]:${port}`;
}
