import { STATE_PATH } from '../agent/coap/device-paths.js';
import type { RadioStatus } from '../agent/coap/device-site.js';
import type { Clock } from '../base/ports.js';
import type { Peer } from '../coap/peer.js';
import { type DeviceChange, type DeviceState, DeviceStates } from './device-states.js';
import { readRadio, statusTextOf } from './device-status.js';
import { Directory, type DirectoryCallbacks, type DirectoryWorld } from './directory/directory.js';
import type { Registration } from './directory/registration.js';
import type { Keeper, RecordStore } from './keeper.js';
import { packDevice, unpackDevice } from './kept-records.js';
import type { TriggerOutcome } from './triggers/trigger.js';

/** Hears what becomes of devices. */
export interface DeviceCallbacks extends DirectoryCallbacks {
  /** A device says something new, or has registered, or its registration has ended. */
  onChanged(state: DeviceState): void;
  /** A device is not known any more. */
  onForgotten(device: string): void;
}

/**
 * What a manager knows of each device: its registration and its state. Both stand in one record of the database, which the keeper writes after each
 * change that has to last over a restart.
 */
export class KnownDevices {
  /** Notifications that said nothing that can be read. */
  unreadableCount = 0;
  readonly directory: Directory;
  readonly states: DeviceStates;
  readonly #clock: Clock;
  readonly #keeper: Keeper;
  readonly #callbacks: DeviceCallbacks;

  /** @param mostCount devices that are known at once */
  constructor(world: DirectoryWorld, mostCount: number, keeper: Keeper, callbacks: DeviceCallbacks) {
    this.#clock = world.clock;
    this.#keeper = keeper;
    this.#callbacks = callbacks;
    this.states = new DeviceStates(mostCount, (device) => this.#forgotten(device));
    this.directory = new Directory(world, mostCount, {
      onRegistered: (registration, isRenewed) => this.#registered(registration, isRenewed),
      onEnded: (device) => this.#ended(device),
    });
  }

  isKnown(device: string): boolean {
    return this.states.find(device) !== undefined;
  }

  /** When a registration ends, in milliseconds since 1970-01-01. */
  endsAtMs({ endsUs }: Registration): number {
    return (this.#clock.wallUs() + endsUs - this.#clock.nowUs()) / 1000;
  }

  /** A datagram came from this address, which says nothing of the device. @returns the registration from there; undefined if there is none */
  hearFrom(peer: Peer): Registration | undefined {
    const registration = this.directory.at(peer);
    if (registration !== undefined) this.states.change(registration.device, { heardAtMs: this.#nowMs });
    return registration;
  }

  /**
   * Takes what a known device says at one of its paths.
   *
   * @returns what it says of its radio; undefined if it says nothing of it
   */
  takeNotification(device: string, path: string, payload: Uint8Array): RadioStatus | undefined {
    const before = this.states.find(device);
    if (before === undefined) return undefined;
    this.directory.prove(device);
    const statusText = path === STATE_PATH ? statusTextOf(payload) : undefined;
    const radio = path === STATE_PATH ? undefined : readRadio(payload);
    if (statusText === undefined && radio === undefined) this.unreadableCount++;
    this.#say(before, {
      heardAtMs: this.#nowMs,
      ...(statusText === undefined ? {} : { statusText }),
      ...(radio === undefined ? {} : { radio }),
    });
    return radio;
  }

  /** Notes what became of the last trigger of a device, if the device is still known. */
  noteOutcome(device: string, outcome: Omit<TriggerOutcome, 'atMs'>): void {
    if (!this.isKnown(device)) return;
    this.states.change(device, { lastTrigger: { ...outcome, atMs: this.#nowMs } });
    this.#keeper.note('device', device);
  }

  /** Forgets devices whose registration has ended, and that were not heard for this time. */
  forgetAfter(silentMs: number): void {
    this.states.forgetBefore(this.#nowMs - silentMs);
  }

  /** Takes up what was kept. @returns how many devices are left out, because their records are damaged or there is no room */
  restore(store: RecordStore): number {
    const damaged: string[] = [];
    const states: [string, DeviceChange][] = [];
    for (const { key, text } of store.all('device')) {
      const kept = unpackDevice(key, text);
      if (kept === undefined) damaged.push(key);
      else {
        const isRegistered = kept.registration !== undefined && this.directory.restore(kept.registration);
        if (kept.state.statusText !== undefined || kept.state.radio !== undefined) this.directory.prove(key);
        states.push([key, { ...kept.state, isRegistered }]);
      }
    }
    const refusedCount = this.states.restore(states);
    // Nothing is known of these devices, so the keeper removes their records.
    for (const device of damaged) this.#keeper.note('device', device);
    return refusedCount + damaged.length;
  }

  /** What is kept of a device; undefined if it is not known any more. */
  textOf(device: string): string | undefined {
    const state = this.states.find(device);
    if (state === undefined) return undefined;
    const registration = this.directory.find(device);
    return packDevice(state, registration, registration === undefined ? 0 : this.endsAtMs(registration));
  }

  #registered(registration: Registration, isRenewed: boolean): void {
    const { device } = registration;
    const before = this.states.find(device);
    const state = this.states.change(device, { isRegistered: true, heardAtMs: this.#nowMs });
    // The directory has no more registrations than there is room for states, and those without a registration make room.
    if (state === undefined) return;
    this.#keeper.note('device', device);
    if (before?.isRegistered !== true) this.#callbacks.onChanged(state);
    this.#callbacks.onRegistered(registration, isRenewed);
  }

  #ended(device: string): void {
    this.#callbacks.onEnded(device);
    const state = this.states.change(device, { isRegistered: false });
    if (state === undefined) return;
    this.#keeper.note('device', device);
    this.#callbacks.onChanged(state);
  }

  #forgotten(device: string): void {
    this.#keeper.note('device', device);
    this.#callbacks.onForgotten(device);
  }

  #say(before: DeviceState, change: DeviceChange): void {
    const { device } = before;
    const after = this.states.change(device, change)!;
    this.#keeper.note('device', device);
    const isNew = after.status !== before.status || after.radio?.isAwake !== before.radio?.isAwake;
    if (isNew || after.radio?.nextWakeAt !== before.radio?.nextWakeAt) this.#callbacks.onChanged(after);
  }

  get #nowMs(): number {
    return Math.round(this.#clock.wallUs() / 1000);
  }
}
