import type { Clock } from '../base/ports.js';
import type { CoapEndpoint } from '../coap/endpoint.js';
import type { Peer } from '../coap/peer.js';
import type { CoapSite } from '../coap/site.js';
import { SafeEmitter } from '../events/safe-emitter.js';
import { Contacts } from './contacts.js';
import type { StateCount } from './device-states.js';
import {
  type DeviceChange,
  type DeviceFilter,
  type DevicePage,
  type DeviceState,
  DeviceStates,
} from './device-states.js';
import { readRadio, statusTextOf } from './device-status.js';
import { STATUS_PATH } from './device-watch.js';
import { Directory } from './directory/directory.js';
import { DirectorySite } from './directory/directory-site.js';
import type { Registration } from './directory/registration.js';
import { Keeper, type Kind, type RecordStore } from './keeper.js';
import { packDevice, unpackDevice } from './kept-records.js';
import { Repeated } from './repeated.js';
import type { Trigger, TriggerFault, TriggerOrder, TriggerResult } from './triggers/trigger.js';
import { Triggers } from './triggers/triggers.js';

export interface ManagerWorld {
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly store: RecordStore;
}

export interface ManagerOptions {
  /** Devices that are known at once. */
  readonly deviceCount: number;
  /** Who may register. */
  readonly admits: (peer: Peer) => boolean;
  /** How long a device can be reached after it was heard. */
  readonly reachableMs: number;
  /** How long a device is known after its registration has ended. */
  readonly forgetAfterMs: number;
}

export interface ManagerEvents {
  /** A device says something new, or has registered, or its registration has ended. */
  device: [state: DeviceState];
  /** A device is not known any more. */
  forgotten: [device: string];
  /** A trigger waits (no result), was sent, or is over. */
  trigger: [trigger: Trigger, result: TriggerResult | undefined];
  /** Something to know that does not end the manager. */
  warning: [message: string];
}

/** Less than the endpoint's bound of messages under way, so that observations have room too. */
const SENDING_COUNT = 256;
/** How often triggers expire. */
const EXPIRY_US = 1e6;
/** How often devices are forgotten. */
const FORGETTING_US = 600e6;

/**
 * Knows the devices of a fleet: a directory where they register, what they say of themselves, and triggers that wait until they can be reached.
 * What it knows stays over restarts.
 */
export class Manager extends SafeEmitter<ManagerEvents> {
  /** Notifications that said nothing that can be read. */
  unreadableCount = 0;
  /** How often triggers were sent. */
  attemptCount = 0;
  readonly #world: ManagerWorld;
  readonly #options: ManagerOptions;
  readonly #directory: Directory;
  readonly #states: DeviceStates;
  readonly #triggers: Triggers;
  readonly #keeper: Keeper;
  #contacts: Contacts | undefined;
  #repeated: readonly Repeated[] = [];

  constructor(world: ManagerWorld, options: ManagerOptions) {
    super();
    const { clock, store, randomBytes } = world;
    this.#world = world;
    this.#options = options;
    this.#states = new DeviceStates(options.deviceCount, (device) => this.#forgotten(device));
    this.#directory = new Directory({ clock, randomBytes }, options.deviceCount, {
      onRegistered: (registration, isRenewed) => this.#registered(registration, isRenewed),
      onEnded: (device) => this.#ended(device),
    });
    const failed = (error: unknown) => this.emit('warning', error instanceof Error ? error.message : String(error));
    this.#keeper = new Keeper(store, clock, (kind, key) => this.#textOf(kind, key), failed);
    this.#triggers = new Triggers(this.#keeper, randomBytes);
  }

  /** What its CoAP endpoint serves. */
  get site(): CoapSite {
    return new DirectorySite(this.#directory, this.#options.admits);
  }

  /** Reads what was kept, and begins to speak with devices. @throws {LayercastError} if the database cannot be read */
  begin(endpoint: Pick<CoapEndpoint, 'observe' | 'request'>): void {
    const { clock } = this.#world;
    const options = { reachableMs: this.#options.reachableMs, sendingCount: SENDING_COUNT };
    this.#contacts = new Contacts(endpoint, clock, this.#triggers.queue, options, {
      onNotification: (device, path, payload) => this.#notified(device, path, payload),
      onAttempt: (trigger) => this.#attempted(trigger),
      onOutcome: ({ id }, result, message) => this.#settle(id, result, message),
      recordOf: (key) => this.#triggers.recordOf(key),
    });
    this.#restore();
    const forget = () => this.#states.forgetBefore(this.#nowMs - this.#options.forgetAfterMs);
    this.#repeated = [new Repeated(clock, EXPIRY_US, () => this.#expire()), new Repeated(clock, FORGETTING_US, forget)];
  }

  /** A device sent a notification that belongs to an earlier life of this manager: it can be reached now. */
  hearStray(peer: Peer): void {
    const registration = this.#directory.at(peer);
    if (registration !== undefined) this.#heard(registration, {});
  }

  get deviceCount(): number {
    return this.#states.size;
  }

  get registeredCount(): number {
    return this.#states.registeredCount;
  }

  get triggerCount(): number {
    return this.#triggers.queue.size;
  }

  /** Records that have changed and are not written yet. */
  get unwrittenCount(): number {
    return this.#keeper.changedCount;
  }

  /** How often there was no room to observe a device. */
  get unobservedCount(): number {
    return this.#contacts?.unobservedCount ?? 0;
  }

  /** Triggers that are over, by how they ended, since this manager began. */
  get results(): Readonly<Record<TriggerResult, number>> {
    return this.#triggers.results;
  }

  find(device: string): DeviceState | undefined {
    return this.#states.find(device);
  }

  registrationOf(device: string): Registration | undefined {
    return this.#directory.find(device);
  }

  /** When a registration ends, in milliseconds since 1970-01-01. */
  endsAtMs({ endsUs }: Registration): number {
    const { clock } = this.#world;
    return (clock.wallUs() + endsUs - clock.nowUs()) / 1000;
  }

  isReachable(device: string): boolean {
    return this.#contacts?.isReachable(device) ?? false;
  }

  triggersOf(device: string): readonly Trigger[] {
    return this.#triggers.queue.of(device);
  }

  page(filter: DeviceFilter, after: string | undefined, count: number): DevicePage {
    return this.#states.page(filter, after, count);
  }

  stateCounts(): readonly StateCount[] {
    return this.#states.counts();
  }

  /**
   * Has devices told something, each as soon as it can be reached. All triggers are durable when this returns.
   *
   * @returns for each device its trigger, or why there is none
   * @throws {LayercastError} if the disk refuses: none is queued then
   */
  trigger(devices: readonly string[], order: TriggerOrder): readonly (Trigger | TriggerFault)[] {
    const isKnown = (device: string) => this.#states.find(device) !== undefined;
    const { queued, answers } = this.#triggers.order(devices, order, this.#nowMs, isKnown);
    for (const trigger of queued) {
      this.emit('trigger', trigger, undefined);
      this.#contacts?.look(trigger.device);
    }
    return answers;
  }

  /** @returns whether such a trigger was waiting */
  cancel(id: string): boolean {
    return this.#settle(id, 'cancelled');
  }

  /** Writes what is not written yet. */
  close(): void {
    for (const repeated of this.#repeated) repeated.close();
    this.#contacts?.close();
    this.#directory.close();
    this.#keeper.close();
  }

  #registered(registration: Registration, isRenewed: boolean): void {
    const { device, peer } = registration;
    const before = this.#states.find(device);
    const state = this.#states.change(device, { isRegistered: true, heardAtMs: this.#nowMs });
    // The directory has no more registrations than there is room for states, and those without a registration make room.
    if (state === undefined) return;
    this.#keeper.note('device', device);
    if (before?.isRegistered !== true) this.emit('device', state);
    if (!isRenewed) this.#contacts?.leave(device);
    this.#contacts?.hear(device, peer);
  }

  #ended(device: string): void {
    this.#contacts?.leave(device);
    const state = this.#states.change(device, { isRegistered: false });
    if (state === undefined) return;
    this.#keeper.note('device', device);
    this.emit('device', state);
  }

  #forgotten(device: string): void {
    for (const { id } of this.triggersOf(device)) this.#settle(id, 'expired');
    this.#keeper.note('device', device);
    this.emit('forgotten', device);
  }

  #heard({ device, peer }: Registration, change: DeviceChange): void {
    this.#states.change(device, { heardAtMs: this.#nowMs, ...change });
    this.#contacts?.hear(device, peer);
  }

  #notified(device: string, path: string, payload: Uint8Array): void {
    const before = this.#states.find(device);
    if (before === undefined) return;
    const heardAtMs = this.#nowMs;
    if (path === STATUS_PATH) {
      const statusText = statusTextOf(payload);
      if (statusText === undefined) this.unreadableCount++;
      this.#change(device, { heardAtMs, ...(statusText === undefined ? {} : { statusText }) }, before);
      return;
    }
    const radio = readRadio(payload);
    if (radio === undefined) this.unreadableCount++;
    this.#change(device, { heardAtMs, ...(radio === undefined ? {} : { radio }) }, before);
    if (radio !== undefined) this.#contacts?.setAwake(device, radio.isAwake);
  }

  #change(device: string, change: DeviceChange, before: DeviceState): void {
    const after = this.#states.change(device, change)!;
    this.#keeper.note('device', device);
    const isNew = after.status !== before.status || after.radio?.isAwake !== before.radio?.isAwake;
    if (isNew || after.radio?.nextWakeAt !== before.radio?.nextWakeAt) this.emit('device', after);
  }

  #attempted(trigger: Trigger): void {
    this.attemptCount++;
    this.emit('trigger', trigger, undefined);
  }

  #settle(id: string, result: TriggerResult, message?: string): boolean {
    const trigger = this.#triggers.settle(id, result);
    if (trigger === undefined) return false;
    const { device } = trigger;
    if (this.#states.find(device) !== undefined) {
      this.#states.change(device, { lastTrigger: { id, result, atMs: this.#nowMs, message } });
      this.#keeper.note('device', device);
    }
    this.emit('trigger', trigger, result);
    // The next one may have waited for this one.
    this.#contacts?.look(device);
    return true;
  }

  #expire(): void {
    const { queue } = this.#triggers;
    for (let first = queue.firstExpired(this.#nowMs); first !== undefined; first = queue.firstExpired(this.#nowMs)) {
      this.#settle(first.id, 'expired');
    }
  }

  #restore(): void {
    const { store } = this.#world;
    const damaged: string[] = [];
    const states: [string, DeviceChange][] = [];
    for (const { key, text } of store.all('device')) {
      const kept = unpackDevice(key, text);
      if (kept === undefined) damaged.push(key);
      else {
        const isRegistered = kept.registration !== undefined && this.#directory.restore(kept.registration);
        states.push([key, { ...kept.state, isRegistered }]);
      }
    }
    const leftOutCount = this.#states.restore(states) + damaged.length;
    if (leftOutCount > 0)
      this.emit('warning', `${leftOutCount} devices of before are damaged or have no room: they are new`);
    for (const device of damaged) this.#keeper.note('device', device);
    this.#triggers.restore(store, (device) => this.#states.find(device) !== undefined);
  }

  #textOf(kind: Kind, key: string): string | undefined {
    if (kind !== 'device') return this.#triggers.textOf(kind, key);
    const state = this.#states.find(key);
    if (state === undefined) return undefined;
    const registration = this.#directory.find(key);
    return packDevice(state, registration, registration === undefined ? 0 : this.endsAtMs(registration));
  }

  get #nowMs(): number {
    return Math.round(this.#world.clock.wallUs() / 1000);
  }
}
