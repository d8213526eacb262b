import type { Destination } from '../base/ports.js';

const PAUSE_REASONS = ['listeners', 'schedule'] as const;
/** Why a channel may pause. `listeners`: nobody on the link listens to it. `schedule`: its object is not sent at this time. */
export type PauseReason = (typeof PAUSE_REASONS)[number];

/**
 * Which channels of a server pause, and why. A channel sends only while it has no reason to pause. Pauses belong to channels, not to objects, so
 * they hold for the next version of an object, too. Whoever pauses channels limits their number: they are channels of the fleet file.
 */
export class Pauses {
  readonly #byChannel = new Map<string, Set<PauseReason>>();

  /** @returns whether this changed anything */
  set(destination: Destination, reason: PauseReason, isPaused: boolean): boolean {
    const key = channelOf(destination);
    const reasons = this.#byChannel.get(key) ?? new Set();
    if (reasons.has(reason) === isPaused) return false;
    if (isPaused) this.#byChannel.set(key, reasons.add(reason));
    else if (reasons.delete(reason) && reasons.size === 0) this.#byChannel.delete(key);
    return true;
  }

  /** In the order in which they came; empty for a channel that sends. */
  of(destination: Destination): readonly PauseReason[] {
    return [...(this.#byChannel.get(channelOf(destination)) ?? [])];
  }
}

/** Group and port, by which a server knows a channel. */
export function channelOf({ group, port }: Pick<Destination, 'group' | 'port'>): string {
  return `[${group}]:${port}`;
}
