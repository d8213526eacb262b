import { TRIGGER_PATH } from '../agent/coap/device-paths.js';
import type { Clock } from '../base/ports.js';
import { ContentFormat, codeText, isSuccess } from '../coap/code.js';
import type { CoapEndpoint } from '../coap/endpoint.js';
import { type Peer, peerKey } from '../coap/peer.js';
import { CoapFault } from '../coap/request.js';
import { DeviceWatch } from './device-watch.js';
import type { Trigger, TriggerResult } from './triggers/trigger.js';
import type { TriggerQueue } from './triggers/trigger-queue.js';

export interface ContactOptions {
  /** How long a device can be reached after it was heard. */
  readonly reachableMs: number;
  /** Triggers that are under way at once. */
  readonly sendingCount: number;
}

/** Hears what devices say, and what becomes of their triggers. */
export interface ContactCallbacks {
  /** A device says at one of its observed paths what is new. */
  onNotification(device: string, path: string, payload: Uint8Array): void;
  /** A trigger is sent now. */
  onAttempt(trigger: Trigger): void;
  /** The bytes of a record that is pushed. */
  recordOf(key: string): Uint8Array | undefined;
  /** A trigger is over: the owner takes it out of the queue. */
  onOutcome(trigger: Trigger, result: TriggerResult, message?: string): void;
}

interface Contact {
  readonly device: string;
  readonly watch: DeviceWatch;
  peer: Peer;
  heardUs: number;
  isAwake: boolean;
  isSending: boolean;
  /** Gives up what is under way to the device. */
  giveUp: () => void;
  cancelTimer: () => void;
}

const NOT_SET = () => undefined;

/**
 * Speaks with registered devices. Behind a NAT, and with a radio that sleeps, a device can be reached only for a time after it was heard: in
 * this time its observations are renewed, and its triggers sent.
 */
export class Contacts {
  readonly #endpoint: Pick<CoapEndpoint, 'observe' | 'request'>;
  readonly #clock: Clock;
  readonly #queue: TriggerQueue;
  readonly #options: ContactOptions;
  #reachableMs: number;
  readonly #callbacks: ContactCallbacks;
  readonly #contacts = new Map<string, Contact>();
  /** Devices with something to send, while too much is under way. */
  readonly #waiting = new Set<Contact>();
  #sendingCount = 0;
  #isClosed = false;
  /** How often a device could not be observed because there were too many observations. */
  unobservedCount = 0;

  constructor(
    endpoint: Pick<CoapEndpoint, 'observe' | 'request'>,
    clock: Clock,
    queue: TriggerQueue,
    options: ContactOptions,
    callbacks: ContactCallbacks,
  ) {
    this.#endpoint = endpoint;
    this.#clock = clock;
    this.#queue = queue;
    this.#options = options;
    this.#reachableMs = options.reachableMs;
    this.#callbacks = callbacks;
  }

  /** Has another time count for all devices, those that were heard before among them. */
  setReachable(reachableMs: number): void {
    this.#reachableMs = reachableMs;
  }

  /** Notes that a device was heard from this address: it is awake, and can be reached there. */
  hear(device: string, peer: Peer): void {
    const contact = this.#contacts.get(device) ?? this.#meet(device, peer);
    // Nobody acknowledges what goes to where the device was.
    if (peerKey(contact.peer) !== peerKey(peer)) contact.giveUp();
    contact.peer = peer;
    contact.heardUs = this.#clock.nowUs();
    contact.isAwake = true;
    if (!contact.watch.renew(peer)) this.unobservedCount++;
    this.#look(contact);
  }

  /** Notes what a device said of its radio. Nothing is sent to a device that said that it sleeps. */
  setAwake(device: string, isAwake: boolean): void {
    const contact = this.#contacts.get(device);
    if (contact === undefined) return;
    contact.isAwake = isAwake;
    this.#look(contact);
  }

  /** Sends what waits for a device, if the device can be reached. */
  look(device: string): void {
    const contact = this.#contacts.get(device);
    if (contact !== undefined) this.#look(contact);
  }

  /** Whether something can be sent to the device now. */
  isReachable(device: string): boolean {
    const contact = this.#contacts.get(device);
    return contact !== undefined && this.#isReachable(contact);
  }

  /** Ends the contact with a device, whose registration has ended or begins anew. */
  leave(device: string): void {
    const contact = this.#contacts.get(device);
    if (contact === undefined) return;
    contact.watch.close();
    contact.cancelTimer();
    contact.giveUp();
    this.#waiting.delete(contact);
    this.#contacts.delete(device);
  }

  close(): void {
    this.#isClosed = true;
    for (const device of [...this.#contacts.keys()]) this.leave(device);
  }

  #meet(device: string, peer: Peer): Contact {
    const watch = new DeviceWatch(this.#endpoint, (path, payload) => this.#notified(device, path, payload));
    const contact: Contact = {
      device,
      watch,
      peer,
      heardUs: 0,
      isAwake: true,
      isSending: false,
      giveUp: NOT_SET,
      cancelTimer: NOT_SET,
    };
    this.#contacts.set(device, contact);
    return contact;
  }

  #notified(device: string, path: string, payload: Uint8Array): void {
    const contact = this.#contacts.get(device);
    if (contact === undefined) return;
    contact.heardUs = this.#clock.nowUs();
    // It may say that the device sleeps, or is awake, before anything is sent.
    this.#callbacks.onNotification(device, path, payload);
    if (!contact.watch.renew(contact.peer)) this.unobservedCount++;
    this.#look(contact);
  }

  #isReachable({ heardUs, isAwake }: Contact): boolean {
    return isAwake && this.#clock.nowUs() < heardUs + this.#reachableMs * 1000;
  }

  #look(contact: Contact): void {
    if (this.#isClosed || contact.isSending || !this.#isReachable(contact)) return;
    const nowMs = this.#nowMs;
    const trigger = this.#queue.next(contact.device, nowMs, this.#clock.wallUs() / 1000);
    if (trigger === undefined) {
      const dueMs = this.#queue.dueMs(contact.device);
      if (dueMs !== undefined && dueMs > nowMs) this.#lookIn(contact, dueMs - nowMs);
    } else if (this.#sendingCount >= this.#options.sendingCount) this.#waiting.add(contact);
    else void this.#send(contact, trigger);
  }

  #lookIn(contact: Contact, ms: number): void {
    contact.cancelTimer();
    contact.cancelTimer = this.#clock.schedule(this.#clock.nowUs() + ms * 1000, () => this.#look(contact));
  }

  async #send(contact: Contact, { id }: Trigger): Promise<void> {
    const trigger = this.#queue.begin(id, this.#nowMs);
    if (trigger === undefined) return;
    const leaving = new AbortController();
    contact.isSending = true;
    contact.giveUp = () => leaving.abort();
    this.#sendingCount++;
    this.#callbacks.onAttempt(trigger);
    const answer = await this.#ask(contact.peer, trigger, leaving.signal);
    contact.isSending = false;
    contact.giveUp = NOT_SET;
    this.#sendingCount--;
    if (this.#isClosed) return;
    this.#settle(contact, trigger, answer);
    // The device may have registered anew meanwhile, which makes another contact.
    this.look(contact.device);
    for (const waiting of this.#waiting) {
      if (this.#sendingCount >= this.#options.sendingCount) return;
      this.#waiting.delete(waiting);
      this.#look(waiting);
    }
  }

  /** The code of the answer; undefined if none came, or is waited for any more. */
  async #ask(peer: Peer, { object, record }: Trigger, signal: AbortSignal): Promise<number | undefined> {
    try {
      const query = object === undefined ? [] : [`object=${object}`];
      const payload = record === undefined ? undefined : this.#callbacks.recordOf(record);
      const contentFormat = payload === undefined ? undefined : ContentFormat.octets;
      const request = { method: 'POST', path: [TRIGGER_PATH], query, payload, contentFormat } as const;
      return (await this.#endpoint.request(peer, request, { signal })).code;
    } catch (error) {
      if (error instanceof CoapFault || signal.aborted) return undefined;
      throw error;
    }
  }

  #settle(contact: Contact, trigger: Trigger, code: number | undefined): void {
    if (code !== undefined) contact.heardUs = this.#clock.nowUs();
    // It may have expired, or been cancelled, while it was under way.
    if (this.#queue.find(trigger.id) === undefined) return;
    if (code !== undefined && isSuccess(code)) this.#callbacks.onOutcome(trigger, 'delivered');
    else if (code !== undefined && code >> 5 === 4) {
      this.#callbacks.onOutcome(trigger, 'refused', `the device answered ${codeText(code)}`);
    } else this.#queue.fail(trigger.id, this.#nowMs);
  }

  /** By the clock that never jumps. */
  get #nowMs(): number {
    return this.#clock.nowUs() / 1000;
  }
}
