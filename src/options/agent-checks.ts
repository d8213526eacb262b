import { isPattern } from '../agent/object-pattern.js';
import { placeholdersIn } from '../agent/placeholders.js';
import { pathOf } from '../agent/planned-output.js';
import { DURATION, formatQuantity } from '../base/units.js';
import { shown } from '../config/faults.js';
import { DEFAULT_WAKE_MS, WAKE_OPTIONS, type Wakes } from './agent-options.js';
import type { OutputTarget } from './output-target.js';

/** What these checks look at. */
export interface Subscribed {
  readonly object: string;
  readonly output: OutputTarget;
  readonly run?: readonly string[] | undefined;
  readonly seeds?: readonly string[] | undefined;
  readonly fill?: readonly string[] | undefined;
}

/** A fault of one subscription: the setting, and what is wrong. */
export interface SubscriptionFault {
  readonly index: number;
  readonly setting: keyof Subscribed;
  readonly text: string;
}

/** What only all subscriptions together can be wrong about, and what is wrong with the names in braces. */
export function subscriptionFaults(subscriptions: readonly Subscribed[]): readonly SubscriptionFault[] {
  return subscriptions.flatMap(({ object, output, run = [], seeds = [], fill = [] }, index) => {
    const fault = (setting: keyof Subscribed, text: string) => ({ index, setting, text });
    const faults: SubscriptionFault[] = [];
    const before = subscriptions.slice(0, index);
    if (before.some((other) => other.object === object)) {
      faults.push(fault('object', `subscribed twice, found ${shown(object)}, allowed: each name or pattern once`));
    }
    for (const text of outputFaults(object, output, before)) faults.push(fault('output', text));
    const isFile = pathOf(output) !== undefined;
    for (const name of run.flatMap(placeholdersIn).filter((one) => one !== 'file' || !isFile)) {
      const allowed = isFile ? '{file}' : 'no names in braces, as the output is no file';
      faults.push(fault('run', `nothing to fill in, found "{${name}}", allowed: ${allowed}`));
    }
    for (const text of strangers(seeds)) faults.push(fault('seeds', text));
    for (const text of strangers(fill)) faults.push(fault('fill', text));
    return faults;
  });
}

/** Faults for names in braces for which nothing is filled in. */
function strangers(texts: readonly string[]): readonly string[] {
  return texts
    .flatMap(placeholdersIn)
    .filter((name) => name !== 'object')
    .map((name) => `nothing to fill in, found "{${name}}", allowed: {object}`);
}

function outputFaults(object: string, output: OutputTarget, before: readonly Subscribed[]): readonly string[] {
  const path = pathOf(output);
  // A command learns from its environment which object it gets, so one command may serve many.
  if (path === undefined) return [];
  const found = `found ${shown(path)}`;
  const inPath = placeholdersIn(path);
  const isTwice = before.some((other) => pathOf(other.output) === path);
  const isForMany = isPattern(object) && !inPath.includes('object');
  return [
    ...(isTwice ? [`used twice, ${found}, allowed: another path for each subscription`] : []),
    ...(isForMany ? [`the same file for several objects, ${found}, allowed: a path with {object}`] : []),
    ...strangers([path]),
  ];
}

/** What is wrong with `forMs` beside the other times; undefined if nothing is. A wake has to end before the next can begin. */
export function wakeFault({
  everyMs,
  forMs = DEFAULT_WAKE_MS,
  jitterRatio = WAKE_OPTIONS.jitterRatio.default,
}: Wakes): string | undefined {
  if (everyMs === undefined) return undefined;
  const mostMs = everyMs * (1 - jitterRatio);
  if (forMs <= mostMs) return undefined;
  const [found, most] = [forMs, mostMs].map((ms) => formatQuantity(DURATION, ms * 1000));
  return `longer than the time between two wakes, found ${found}, allowed: at most ${most}, the shortest time between two`;
}
