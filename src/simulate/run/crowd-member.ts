import type { ChannelPolicy } from '../../rate/policy.js';
import type { ReceiverTotals } from './receiver-totals.js';

/** Numbers of the members' actions in the log. */
export const MemberAction = { started: 11, joined: 12, left: 13, completed: 14, fellAsleep: 15, woke: 16 } as const;

/** One receiver of a crowd. */
export interface CrowdMember {
  readonly index: number;
  readonly totals: ReceiverTotals;
  /** When the member has heard an announcement and can join channels. */
  readonly readyUs: number;
  readonly policy: ChannelPolicy;
  /** Joined channels: bit i is set for channel i. */
  channelMask: number;
  /**
   * Channels that were already arriving for other members when this member joined them, and of which it has not had a datagram
   * yet: bit i is set for channel i.
   */
  freshMask: number;
  /** When the member last joined or left a channel, by the clock of the crowd. */
  joinedUs: number;
  isAsleep: boolean;
  /** When the member falls asleep or wakes next. */
  turnUs: number;
}
