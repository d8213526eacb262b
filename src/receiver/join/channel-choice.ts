import { LayercastError } from '../../base/errors.js';
import { AdaptivePolicy } from '../../rate/adaptive-policy.js';
import { FixedPolicy } from '../../rate/fixed-policy.js';
import { rateOf } from '../../rate/ladder.js';
import type { ChannelPolicy } from '../../rate/policy.js';
import type { Descriptor } from '../../wire/descriptor.js';

/** What a user may pin. */
export interface ChannelChoice {
  /** How channels go together; `auto` follows the ladder. */
  readonly mode: 'auto' | 'best' | 'several';
  /** Exactly these channels, whatever comes. */
  readonly channels: readonly number[] | undefined;
  /** Most that may be joined at once, bit/s. */
  readonly maxRateBitsPerSecond: number | undefined;
}

/** @throws {LayercastError} `USAGE` when a channel was picked that the ladder does not have. */
export function checkChannels({ channels }: Descriptor, choice: ChannelChoice): void {
  const wrong = choice.channels?.find((channel) => channel >= channels.length);
  if (wrong === undefined) return;
  throw new LayercastError(
    'USAGE',
    `there is no channel ${wrong}: the ladder has channels 0 to ${channels.length - 1}`,
    {
      hint: (say) => `Name others with ${say('channels')}, or none to have them chosen`,
    },
  );
}

/**
 * The policy for an object and what its user pinned.
 *
 * @param choosesServers whether source-specific channels may be joined server by server, where each sends all of them.
 */
export function policyFor(descriptor: Descriptor, choice: ChannelChoice, choosesServers = true): ChannelPolicy {
  const { symbolBytes, servers } = descriptor;
  const rates = descriptor.channels.map(({ intervalUs }) => rateOf(intervalUs, symbolBytes));
  if (choice.channels !== undefined) return new FixedPolicy(choice.channels, rates);
  return new AdaptivePolicy({
    rates,
    symbolBytes,
    kind: choice.mode === 'auto' ? descriptor.mode : choice.mode,
    maxRateBitsPerSecond: choice.maxRateBitsPerSecond,
    servers,
    areServersSeparate: descriptor.ssm && servers.every(({ channels }) => channels === undefined) && choosesServers,
  });
}
