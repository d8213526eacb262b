import { LayercastError } from '../../base/errors.js';
import { AdaptivePolicy } from '../../rate/adaptive-policy.js';
import { FixedPolicy } from '../../rate/fixed-policy.js';
import { rateOf } from '../../rate/ladder/ladder.js';
import type { ChannelPolicy } from '../../rate/policy.js';
import { type Caution, type Rules, rulesFor } from '../../rate/rules.js';
import type { Descriptor } from '../../wire/descriptor.js';

/** What a user may say about the channels to join. */
export interface ChannelChoice {
  /** Whether to join one channel (`best`) or several; `auto` follows the mode of the ladder. */
  readonly mode: 'auto' | 'best' | 'several';
  /** Exactly these channels are joined, whatever their loss; undefined lets the policy choose. */
  readonly channels: readonly number[] | undefined;
  /** The highest rate of all joined channels together, bit/s; undefined: no limit. */
  readonly maxRateBitsPerSecond: number | undefined;
  /** How drops on the link are weighed against speed. @default normal */
  readonly caution?: Caution | undefined;
  /** Rules of rate control. @default those that belong to the caution */
  readonly rules?: Rules | undefined;
}

/** @throws {LayercastError} `USAGE` when the ladder does not have a channel that the user picked. */
export function checkChannels({ channels }: Descriptor, choice: ChannelChoice): void {
  const wrong = choice.channels?.find((channel) => channel >= channels.length);
  if (wrong === undefined) return;
  throw new LayercastError(
    'USAGE',
    `there is no channel ${wrong}: the ladder has channels 0 to ${channels.length - 1}`,
    {
      hint: (say) => `Name other channels with ${say('channels')}, or leave it out to let the receiver choose`,
    },
  );
}

/**
 * The policy for an object, with the user's choice.
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
    rules: choice.rules ?? rulesFor(choice.caution),
    servers,
    areServersSeparate: descriptor.ssm && servers.every(({ channels }) => channels === undefined) && choosesServers,
  });
}
