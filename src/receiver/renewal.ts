import type { Descriptor } from '../wire/descriptor.js';

/** What another description of the same version changes for those who receive the version. */
export type Renewal =
  /** Dates, names, starts: nothing to do. */
  | 'nothing'
  /** Other channels, rates, groups, ports, servers to join: what has been received stays. */
  | 'sending'
  /** Other symbols or blocks: what has been received does not fit. */
  | 'geometry';

export function renewalOf(before: Descriptor, after: Descriptor): Renewal {
  const isAlike =
    before.symbolBytes === after.symbolBytes &&
    before.blockCount === after.blockCount &&
    before.fecEncodingId === after.fecEncodingId;
  if (!isAlike) return 'geometry';
  return sendingOf(before) === sendingOf(after) ? 'nothing' : 'sending';
}

/** Everything that decides what is joined and how its rate is judged. */
function sendingOf({ mode, ssm, channels, servers }: Descriptor): string {
  const joined = channels.map(({ group, port, intervalUs }) => [hexOf(group), port, intervalUs]);
  // Who sends an any-source channel is heard without being named, unless that server leaves out channels.
  const senders = servers
    .filter((server) => ssm || server.channels !== undefined)
    .map(({ index, address, channels: sent }) => [index, ssm && address ? hexOf(address) : null, sent ?? null]);
  return JSON.stringify([mode, ssm, joined, senders]);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
