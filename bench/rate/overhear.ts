import type { ChannelPolicy, Decision } from '../../dist/rate/policy.js';
import type { Filter } from './ablation.js';

/** Notes what a policy decides, and changes what it is told. */
export function overhear(
  policy: ChannelPolicy,
  options: {
    /** @default none */
    readonly filter?: Filter | undefined;
    /** Takes what is joined now, and why. */
    readonly onDecisions: (joined: readonly number[], reason: string) => void;
  },
): void {
  const { filter, onDecisions } = options;
  const joined = new Set<number>();
  const start = policy.start.bind(policy);
  const tick = policy.tick.bind(policy);
  const note = (decisions: readonly Decision[]) => {
    for (const { action, channel } of decisions) {
      if (action === 'join') joined.add(channel);
      else joined.delete(channel);
    }
    if (decisions.length > 0) onDecisions([...joined], decisions[0]!.reason);
    return decisions;
  };
  policy.start = (nowUs) => note(start(nowUs));
  policy.tick = (nowUs, readings, local) => {
    return note(tick(nowUs, filter === undefined ? readings : readings.map(filter), local));
  };
}
