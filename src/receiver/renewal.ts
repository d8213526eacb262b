import type { Descriptor } from '../wire/descriptor.js';

/** What a newer descriptor of the same version changes for its receivers. */
export type Renewal =
  /** Only dates, names or starts differ: the receiver does nothing. */
  | 'nothing'
  /** Channels, rates, groups, ports or servers to join differ: the receiver keeps all symbols and joins anew. */
  | 'sending'
  /** Symbols, blocks or code differ: the receiver can use none of the symbols that it has. */
  | 'geometry';

/** Compares two descriptors of the same version. */
export function renewalOf(before: Descriptor, after: Descriptor): Renewal {
  const isAlike =
    before.symbolBytes === after.symbolBytes &&
    before.blockCount === after.blockCount &&
    before.fecEncodingId === after.fecEncodingId;
  if (!isAlike) return 'geometry';
  return sendingOf(before) === sendingOf(after) ? 'nothing' : 'sending';
}

/** Everything that decides which channels a receiver joins and how it judges their rates. */
function sendingOf({ mode, ssm, channels, servers }: Descriptor): string {
  const joined = channels.map(({ group, port, intervalUs }) => [hexOf(group), port, intervalUs]);
  // A receiver hears every server of an any-source channel, whether or not the descriptor names it. So on any-source channels
  // only servers count that do not send all channels.
  const senders = servers
    .filter((server) => ssm || server.channels !== undefined)
    .map(({ index, address, channels: sent }) => [index, ssm && address ? hexOf(address) : null, sent ?? null]);
  return JSON.stringify([mode, ssm, joined, senders]);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
