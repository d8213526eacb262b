import type { RadioStatus } from '../agent/coap/device-site.js';
import { type DeviceStatus, readStatus } from './device-status.js';
import { type Shared, SharedTexts } from './shared-texts.js';
import { SortedNames } from './sorted-names.js';
import type { TriggerOutcome } from './triggers/trigger.js';

/** What is known of one device. Times are milliseconds since 1970-01-01, by this host's clock. */
export interface DeviceState {
  readonly device: string;
  /** Whether its registration has not ended. */
  readonly isRegistered: boolean;
  /** When anything came from it last. */
  readonly heardAtMs: number;
  /** Undefined until it has said something. */
  readonly status: Shared<DeviceStatus> | undefined;
  readonly radio: RadioStatus | undefined;
  /** What became of its last trigger that is over. */
  readonly lastTrigger: TriggerOutcome | undefined;
}

/** What a change says that is new. */
export type DeviceChange = Partial<Omit<DeviceState, 'device' | 'status'>> & {
  readonly statusText?: string | undefined;
};

/** Which devices a list is to have; what is undefined does not matter. */
export interface DeviceFilter {
  /** How their names begin. */
  readonly prefix?: string | undefined;
  readonly isRegistered?: boolean | undefined;
  readonly fleet?: string | undefined;
  /** They have an object of this name. */
  readonly object?: string | undefined;
  /** The object that is asked for, or any object if none is, has this state. */
  readonly state?: string | undefined;
  /** The same object has this version. */
  readonly version?: number | undefined;
}

/** How many devices have an object in one state at one version. */
export interface StateCount {
  readonly fleet: string;
  readonly object: string;
  readonly version: number;
  readonly state: string;
  readonly deviceCount: number;
}

/** A page of a list, in the order of names. */
export interface DevicePage {
  readonly devices: readonly DeviceState[];
  /** What to ask for as `after` to see more; undefined at the end. */
  readonly next: string | undefined;
}

/**
 * The state of every device that has registered, for as long as there is room. When there is none, the device whose registration ended
 * longest ago is forgotten.
 */
export class DeviceStates {
  readonly #mostCount: number;
  readonly #onForgotten: (device: string) => void;
  readonly #byName = new Map<string, DeviceState>();
  readonly #names = new SortedNames();
  /** Devices without a registration, in the order in which these ended. */
  readonly #gone = new Set<string>();
  readonly #statuses = new SharedTexts<DeviceStatus>();

  constructor(mostCount: number, onForgotten: (device: string) => void) {
    this.#mostCount = mostCount;
    this.#onForgotten = onForgotten;
  }

  get size(): number {
    return this.#byName.size;
  }

  get registeredCount(): number {
    return this.#byName.size - this.#gone.size;
  }

  find(device: string): DeviceState | undefined {
    return this.#byName.get(device);
  }

  /** A device that is new has to be registered. @returns undefined if it is new and there is no room */
  change(device: string, { statusText, ...change }: DeviceChange): DeviceState | undefined {
    const before = this.#byName.get(device);
    if (before === undefined && !this.#makeRoom(device)) return undefined;
    const status = statusText === undefined ? before?.status : this.#statuses.take(statusText, readStatus);
    if (statusText !== undefined && before?.status !== undefined) this.#statuses.release(before.status);
    const state = { ...(before ?? newState(device)), ...change, status };
    this.#byName.set(device, state);
    if (state.isRegistered) this.#gone.delete(device);
    else this.#gone.add(device);
    return state;
  }

  /** Takes many devices of before a restart at once. @returns how many had no room */
  restore(states: Iterable<readonly [device: string, change: DeviceChange]>): number {
    let refusedCount = 0;
    for (const [device, { statusText, ...change }] of states) {
      if (this.#byName.size >= this.#mostCount || this.#byName.has(device)) {
        refusedCount++;
        continue;
      }
      const status = statusText === undefined ? undefined : this.#statuses.take(statusText, readStatus);
      this.#byName.set(device, { ...newState(device), ...change, status });
    }
    this.#names.fill(this.#byName.keys());
    const gone = [...this.#byName.values()].filter(({ isRegistered }) => !isRegistered);
    gone.sort((a, b) => a.heardAtMs - b.heardAtMs);
    for (const { device } of gone) this.#gone.add(device);
    return refusedCount;
  }

  /** Forgets devices without a registration that nothing came from since then. */
  forgetBefore(heardAtMs: number): void {
    for (const device of this.#gone) {
      if (this.#byName.get(device)!.heardAtMs >= heardAtMs) continue;
      this.#forget(device);
    }
  }

  /** @param after name after which the page begins; it need not be there */
  page(filter: DeviceFilter, after: string | undefined, count: number): DevicePage {
    const devices: DeviceState[] = [];
    const { prefix = '', isRegistered } = filter;
    const isWanted = this.#statusFilter(filter);
    for (let place = this.#names.placeAfter(after, prefix); ; place++) {
      const name = this.#names.at(place);
      if (name === undefined || !name.startsWith(prefix)) return { devices, next: undefined };
      const state = this.#byName.get(name)!;
      if (!isWanted(state) || (isRegistered !== undefined && isRegistered !== state.isRegistered)) continue;
      if (devices.length === count) return { devices, next: devices.at(-1)!.device };
      devices.push(state);
    }
  }

  /** Largest counts first. */
  counts(): readonly StateCount[] {
    const counts = new Map<string, StateCount>();
    for (const { value, holderCount } of this.#statuses.all) {
      for (const { object, version, state } of value.objects) {
        const key = JSON.stringify([value.fleet, object, version, state]);
        const deviceCount = (counts.get(key)?.deviceCount ?? 0) + holderCount;
        counts.set(key, { fleet: value.fleet, object, version, state, deviceCount });
      }
    }
    return [...counts.values()].sort((a, b) => b.deviceCount - a.deviceCount);
  }

  /** Looks at each of the few different statuses once, not at those of all devices. */
  #statusFilter(filter: DeviceFilter): (state: DeviceState) => boolean {
    const { fleet, object, state, version } = filter;
    if ([fleet, object, state, version].every((one) => one === undefined)) return () => true;
    const wanted = new Set([...this.#statuses.all].filter(({ value }) => fits(value, filter)));
    return ({ status }) => status !== undefined && wanted.has(status);
  }

  #makeRoom(device: string): boolean {
    if (this.#byName.size >= this.#mostCount) {
      const [oldest] = this.#gone;
      if (oldest === undefined) return false;
      this.#forget(oldest);
    }
    this.#names.add(device);
    return true;
  }

  #forget(device: string): void {
    const { status } = this.#byName.get(device)!;
    if (status !== undefined) this.#statuses.release(status);
    this.#byName.delete(device);
    this.#gone.delete(device);
    this.#names.remove(device);
    this.#onForgotten(device);
  }
}

function newState(device: string): DeviceState {
  return { device, isRegistered: true, heardAtMs: 0, status: undefined, radio: undefined, lastTrigger: undefined };
}

function fits(said: DeviceStatus, { fleet, object, state, version }: DeviceFilter): boolean {
  if (fleet !== undefined && said.fleet !== fleet) return false;
  if (object === undefined && state === undefined && version === undefined) return true;
  return said.objects.some(
    (one) =>
      (object === undefined || one.object === object) &&
      (state === undefined || one.state === state) &&
      (version === undefined || one.version === version),
  );
}
