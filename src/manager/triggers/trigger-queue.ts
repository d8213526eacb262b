import { type BackOffTimes, backOffUs } from '../../base/back-off.js';
import { TimeHeap, type Waiting } from '../../base/time-heap.js';
import type { Trigger } from './trigger.js';

export interface TriggerBounds {
  /** Triggers that wait, of all devices. */
  readonly mostCount: number;
  /** Triggers that wait for one device. */
  readonly mostOfDevice: number;
}

/** A device that was just heard can be reached through its NAT for 30 s: two tries. */
const BACK_OFF: BackOffTimes = { firstUs: 5e6, mostUs: 3600e6 };

interface Queued extends Waiting {
  trigger: Trigger;
  /** Not sent before then, on a clock that never jumps: the clock of the day may be set back by years when a host has found the time. */
  notBeforeMs: number;
}

/** Triggers that wait for their devices, in the order in which they were asked for, each until it has ended one way or another. */
export class TriggerQueue {
  readonly #bounds: TriggerBounds;
  readonly #random: () => number;
  readonly #byId = new Map<string, Queued>();
  readonly #byDevice = new Map<string, Queued[]>();
  readonly #expiries = new TimeHeap<Queued>();

  /** @param random from 0 to 1 */
  constructor(bounds: TriggerBounds, random: () => number) {
    this.#bounds = bounds;
    this.#random = random;
  }

  get size(): number {
    return this.#byId.size;
  }

  find(id: string): Trigger | undefined {
    return this.#byId.get(id)?.trigger;
  }

  /** Those of a device, the first to be sent first. */
  of(device: string): readonly Trigger[] {
    return (this.#byDevice.get(device) ?? []).map(({ trigger }) => trigger);
  }

  /** The waiting trigger that orders the same. */
  same({ device, object, record }: Pick<Trigger, 'device' | 'object' | 'record'>): Trigger | undefined {
    return this.of(device).find((one) => one.object === object && one.record === record);
  }

  /** @returns whether there was room */
  add(trigger: Trigger): boolean {
    const queue = this.#byDevice.get(trigger.device) ?? [];
    if (this.size >= this.#bounds.mostCount || queue.length >= this.#bounds.mostOfDevice) return false;
    const atUs = trigger.expiresAtMs * 1000;
    const queued: Queued = { atUs, order: 0, heapIndex: -1, trigger, notBeforeMs: 0 };
    queue.push(queued);
    this.#byDevice.set(trigger.device, queue);
    this.#byId.set(trigger.id, queued);
    this.#expiries.add(queued);
    return true;
  }

  /**
   * What a device is to be sent now. One trigger of a device is sent at a time, and none before those that were asked for earlier.
   *
   * @param nowMs by a clock that never jumps, as in `begin`, `fail` and `dueMs`
   * @param wallMs since 1970-01-01, as the times of triggers
   */
  next(device: string, nowMs: number, wallMs: number): Trigger | undefined {
    const first = this.#byDevice.get(device)?.[0];
    if (first === undefined || nowMs < first.notBeforeMs || wallMs >= first.trigger.expiresAtMs) return undefined;
    return first.trigger;
  }

  /** When `next` may have something; undefined while nothing waits for this device. */
  dueMs(device: string): number | undefined {
    return this.#byDevice.get(device)?.[0]?.notBeforeMs;
  }

  /** Counts an attempt; until it is known to have failed, the pause after it holds. */
  begin(id: string, nowMs: number): Trigger | undefined {
    const queued = this.#byId.get(id);
    if (queued === undefined) return undefined;
    const attemptCount = queued.trigger.attemptCount + 1;
    queued.trigger = { ...queued.trigger, attemptCount };
    queued.notBeforeMs = nowMs + this.#pauseMs(attemptCount);
    return queued.trigger;
  }

  /** Its attempt has failed: the pause begins now. */
  fail(id: string, nowMs: number): void {
    const queued = this.#byId.get(id);
    if (queued !== undefined) queued.notBeforeMs = nowMs + this.#pauseMs(queued.trigger.attemptCount);
  }

  /** Takes a trigger out. @returns undefined if it was out already */
  end(id: string): Trigger | undefined {
    const queued = this.#byId.get(id);
    if (queued === undefined) return undefined;
    const { trigger } = queued;
    this.#byId.delete(id);
    this.#expiries.remove(queued);
    const rest = this.#byDevice.get(trigger.device)!.filter((one) => one !== queued);
    if (rest.length === 0) this.#byDevice.delete(trigger.device);
    else this.#byDevice.set(trigger.device, rest);
    return trigger;
  }

  /** The one that expired first; undefined if none has. It stays in the queue. */
  firstExpired(wallMs: number): Trigger | undefined {
    const { first } = this.#expiries;
    return first !== undefined && first.atUs <= wallMs * 1000 ? first.trigger : undefined;
  }

  #pauseMs(attemptCount: number): number {
    return backOffUs(BACK_OFF, attemptCount, this.#random()) / 1000;
  }
}
