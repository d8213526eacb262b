import type { CoapEndpoint } from '../coap/endpoint.js';
import type { Peer } from '../coap/peer.js';
import type { CoapSite } from '../coap/site.js';
import { SafeEmitter } from '../events/safe-emitter.js';
import { Contacts } from './contacts.js';
import type { DeviceFilter, DevicePage, DeviceState, StateCount } from './device-states.js';
import type { DirectoryWorld } from './directory/directory.js';
import { DirectorySite } from './directory/directory-site.js';
import type { Registration } from './directory/registration.js';
import { Keeper, type Kind, type RecordStore } from './keeper.js';
import { KnownDevices } from './known-devices.js';
import { Repeated } from './repeated.js';
import type { Trigger, TriggerFault, TriggerOrder, TriggerResult } from './triggers/trigger.js';
import { Triggers } from './triggers/triggers.js';

export interface ManagerWorld extends DirectoryWorld {
  readonly store: RecordStore;
}

/** Times that can change while a manager works. */
export interface ManagerTimes {
  /** How long a device can be reached after it was heard. */
  readonly reachableMs: number;
  /** How long a device is known after its registration has ended. */
  readonly forgetAfterMs: number;
}

export interface ManagerOptions extends ManagerTimes {
  /** Devices that are known at once. */
  readonly deviceCount: number;
  /** Whether a peer may register. */
  readonly admits: (peer: Peer) => boolean;
}

export interface ManagerEvents {
  /** A device says something new, or has registered, or its registration has ended. */
  device: [state: DeviceState];
  /** A device is not known any more. */
  forgotten: [device: string];
  /** A trigger waits (no result), was sent, or is over, for people with the reason why. */
  trigger: [trigger: Trigger, result: TriggerResult | undefined, why?: string];
  /** Something to know that does not end the manager. */
  warning: [message: string];
}

/** Triggers under way at once: fewer than messages may be (`boundsFor` of the service), so that observations have room too. */
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
  /** How often triggers were sent. */
  attemptCount = 0;
  readonly #world: ManagerWorld;
  readonly #options: ManagerOptions;
  #times: ManagerTimes;
  readonly #devices: KnownDevices;
  readonly #triggers: Triggers;
  readonly #keeper: Keeper;
  #contacts: Contacts | undefined;
  #repeated: readonly Repeated[] = [];

  constructor(world: ManagerWorld, options: ManagerOptions) {
    super();
    const { clock, store, randomBytes } = world;
    this.#world = world;
    this.#options = options;
    this.#times = options;
    const failed = (error: unknown) => this.emit('warning', error instanceof Error ? error.message : String(error));
    this.#keeper = new Keeper(store, clock, (kind, key) => this.#textOf(kind, key), failed);
    this.#devices = new KnownDevices(world, options.deviceCount, this.#keeper, {
      onRegistered: (registration, isRenewed) => this.#registered(registration, isRenewed),
      onEnded: (device) => this.#contacts?.leave(device),
      onChanged: (state) => this.emit('device', state),
      onForgotten: (device) => this.#forgotten(device),
    });
    this.#triggers = new Triggers(this.#keeper, randomBytes);
  }

  /** What its CoAP endpoint serves. */
  get site(): CoapSite {
    return new DirectorySite(this.#devices.directory, this.#options.admits, this.#world.clock);
  }

  /** Reads what was kept, and begins to speak with devices. @throws {LayercastError} if the database cannot be read */
  begin(endpoint: Pick<CoapEndpoint, 'observe' | 'request'>): void {
    const { clock } = this.#world;
    const options = { reachableMs: this.#times.reachableMs, sendingCount: SENDING_COUNT };
    this.#contacts = new Contacts(endpoint, clock, this.#triggers.queue, options, {
      onNotification: (device, path, payload) => this.#notified(device, path, payload),
      onAttempt: (trigger) => this.#attempted(trigger),
      onOutcome: ({ id }, result, message) => this.#settle(id, result, message),
      recordOf: (key) => this.#triggers.recordOf(key),
    });
    this.#restore();
    const forget = () => this.#devices.forgetAfter(this.#times.forgetAfterMs);
    this.#repeated = [new Repeated(clock, EXPIRY_US, () => this.#expire()), new Repeated(clock, FORGETTING_US, forget)];
  }

  /** Has other times count from now on. */
  setTimes(times: ManagerTimes): void {
    this.#times = times;
    this.#contacts?.setReachable(times.reachableMs);
  }

  /** A device sent a notification that belongs to an earlier life of this manager: it can be reached now. */
  hearStray(peer: Peer): void {
    const registration = this.#devices.hearFrom(peer);
    if (registration !== undefined) this.#contacts?.hear(registration.device, peer);
  }

  get deviceCount(): number {
    return this.#devices.states.size;
  }

  get registeredCount(): number {
    return this.#devices.states.registeredCount;
  }

  get triggerCount(): number {
    return this.#triggers.queue.size;
  }

  /** Records that have changed and are not written yet. */
  get unwrittenCount(): number {
    return this.#keeper.changedCount;
  }

  /** Notifications that said nothing that can be read. */
  get unreadableCount(): number {
    return this.#devices.unreadableCount;
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
    return this.#devices.states.find(device);
  }

  registrationOf(device: string): Registration | undefined {
    return this.#devices.directory.find(device);
  }

  /** When a registration ends, in milliseconds since 1970-01-01. */
  endsAtMs(registration: Registration): number {
    return this.#devices.endsAtMs(registration);
  }

  isReachable(device: string): boolean {
    return this.#contacts?.isReachable(device) ?? false;
  }

  triggersOf(device: string): readonly Trigger[] {
    return this.#triggers.queue.of(device);
  }

  page(filter: DeviceFilter, after: string | undefined, count: number): DevicePage {
    return this.#devices.states.page(filter, after, count);
  }

  stateCounts(): readonly StateCount[] {
    return this.#devices.states.counts();
  }

  /**
   * Has devices told something, each as soon as it can be reached. All triggers are durable when this returns.
   *
   * @returns for each device its trigger, or why there is none
   * @throws {LayercastError} if the disk refuses: none is queued then
   */
  trigger(devices: readonly string[], order: TriggerOrder): readonly (Trigger | TriggerFault)[] {
    const { queued, answers } = this.#triggers.order(devices, order, this.#nowMs, (one) => this.#devices.isKnown(one));
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
    this.#devices.directory.close();
    this.#keeper.close();
  }

  #registered({ device, peer }: Registration, isRenewed: boolean): void {
    // A device that has begun anew does not know its observers any more.
    if (!isRenewed) this.#contacts?.leave(device);
    this.#contacts?.hear(device, peer);
  }

  #forgotten(device: string): void {
    for (const { id } of this.triggersOf(device)) this.#settle(id, 'expired');
    this.emit('forgotten', device);
  }

  #notified(device: string, path: string, payload: Uint8Array): void {
    const radio = this.#devices.takeNotification(device, path, payload);
    if (radio !== undefined) this.#contacts?.setAwake(device, radio.isAwake);
  }

  #attempted(trigger: Trigger): void {
    this.attemptCount++;
    this.emit('trigger', trigger, undefined);
  }

  #settle(id: string, result: TriggerResult, message?: string): boolean {
    const trigger = this.#triggers.settle(id, result);
    if (trigger === undefined) return false;
    this.#devices.noteOutcome(trigger.device, { id, result, message });
    this.emit('trigger', trigger, result, message);
    // The next trigger of the device may have waited for this one.
    this.#contacts?.look(trigger.device);
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
    const leftOutCount = this.#devices.restore(store);
    if (leftOutCount > 0)
      this.emit('warning', `${leftOutCount} devices of before are damaged or have no room: they are new`);
    this.#triggers.restore(store, (device) => this.#devices.isKnown(device));
  }

  #textOf(kind: Kind, key: string): string | undefined {
    return kind === 'device' ? this.#devices.textOf(key) : this.#triggers.textOf(kind, key);
  }

  get #nowMs(): number {
    return Math.round(this.#world.clock.wallUs() / 1000);
  }
}
