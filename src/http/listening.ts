const MEANINGS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not use this port',
  EADDRNOTAVAIL: 'this host does not have the address',
  ENOTFOUND: 'the name has no address',
};

/** What it means that the system refuses to listen at an address, as part of a sentence. @param errno such as `EADDRINUSE` */
export function whyNotListening(errno: string | undefined): string {
  return `${MEANINGS[errno ?? ''] ?? 'the system refuses'} (${errno})`;
}
