import { isPattern } from '../agent/object-pattern.js';
import { placeholdersIn } from '../agent/placeholders.js';
import { shown } from '../config/faults.js';
import { DURATION, formatQuantity } from '../config/units.js';
import { WAKE_OPTIONS, type Wakes } from './agent-options.js';

/** What these checks look at. */
export interface Subscribed {
  readonly object: string;
  readonly output: string;
  readonly run?: readonly string[] | undefined;
}

/** A fault of one subscription: the setting, and what is wrong. */
export interface SubscriptionFault {
  readonly index: number;
  readonly setting: keyof Subscribed;
  readonly text: string;
}

/** What only all subscriptions together can be wrong about, and what is wrong with the names in braces. */
export function subscriptionFaults(subscriptions: readonly Subscribed[]): readonly SubscriptionFault[] {
  return subscriptions.flatMap(({ object, output, run = [] }, index) => {
    const fault = (setting: keyof Subscribed, text: string) => ({ index, setting, text });
    const faults: SubscriptionFault[] = [];
    const before = subscriptions.slice(0, index);
    if (before.some((other) => other.object === object)) {
      faults.push(fault('object', `subscribed twice, found ${shown(object)}, allowed: each name or pattern once`));
    }
    if (before.some((other) => other.output === output)) {
      faults.push(fault('output', `used twice, found ${shown(output)}, allowed: another path for each subscription`));
    }
    const inOutput = placeholdersIn(output);
    if (isPattern(object) && !inOutput.includes('object')) {
      faults.push(
        fault('output', `the same file for several objects, found ${shown(output)}, allowed: a path with {object}`),
      );
    }
    for (const name of inOutput.filter((one) => one !== 'object')) {
      faults.push(fault('output', `nothing to fill in, found "{${name}}", allowed: {object}`));
    }
    for (const name of run.flatMap(placeholdersIn).filter((one) => one !== 'file')) {
      faults.push(fault('run', `nothing to fill in, found "{${name}}", allowed: {file}`));
    }
    return faults;
  });
}

/** What is wrong with `forMs` beside the other times; undefined if nothing is. A wake has to end before the next can begin. */
export function wakeFault({
  everyMs,
  forMs = WAKE_OPTIONS.forMs.default,
  jitterRatio = WAKE_OPTIONS.jitterRatio.default,
}: Wakes): string | undefined {
  const mostMs = everyMs * (1 - jitterRatio);
  if (forMs <= mostMs) return undefined;
  const [found, most] = [forMs, mostMs].map((ms) => formatQuantity(DURATION, ms * 1000));
  return `longer than the time between two wakes, found ${found}, allowed: at most ${most}, the shortest time between two`;
}
