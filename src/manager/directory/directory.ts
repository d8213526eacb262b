import type { Clock } from '../../base/ports.js';
import { TimeHeap, type Waiting } from '../../base/time-heap.js';
import { type Link, parseLinks } from '../../coap/links.js';
import { type Peer, peerKey } from '../../coap/peer.js';
import { SharedTexts } from '../shared-texts.js';
import type { Registration, RegistrationWish } from './registration.js';

export interface DirectoryWorld {
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Hears what becomes of registrations. */
export interface DirectoryCallbacks {
  /**
   * A device has registered, or renewed its registration: it can be reached now.
   *
   * @param isRenewed whether the device only renews its registration. If not, it may have begun anew, and have forgotten its observers
   */
  onRegistered(registration: Registration, isRenewed: boolean): void;
  /** Its registration has ended. */
  onEnded(device: string): void;
}

/** A registration of before, as it was kept over a restart. */
export interface KeptRegistration extends RegistrationWish {
  readonly id: string;
  readonly peer: Peer;
  /** Since 1970-01-01, by this host's clock. */
  readonly endsAtMs: number;
}

interface Entry extends Waiting {
  registration: Registration;
}

/** Registrations by the name of the device, each until its lifetime has passed (RFC 9176). */
export class Directory {
  readonly #world: DirectoryWorld;
  readonly #mostCount: number;
  readonly #callbacks: DirectoryCallbacks;
  readonly #byDevice = new Map<string, Entry>();
  readonly #byId = new Map<string, Entry>();
  readonly #byPeer = new Map<string, Entry>();
  /** Devices that have not shown yet that an answer reaches them, in the order in which they registered. Anybody can forge any number of such. */
  readonly #unproven = new Set<Entry>();
  readonly #ends = new TimeHeap<Entry>();
  readonly #links = new SharedTexts<readonly Link[]>();
  #cancelTimer: () => void = () => undefined;
  #timerUs = Infinity;
  #revision = 0;

  /** @param mostCount registrations. One more takes the place of the oldest device that never answered; if all have, it is refused */
  constructor(world: DirectoryWorld, mostCount: number, callbacks: DirectoryCallbacks) {
    this.#world = world;
    this.#mostCount = mostCount;
    this.#callbacks = callbacks;
  }

  get size(): number {
    return this.#byDevice.size;
  }

  /** In the order in which devices registered for the first time. */
  *[Symbol.iterator](): Iterator<Registration> {
    for (const { registration } of this.#byDevice.values()) yield registration;
  }

  /** Changes with all that a look-up can show; a device that renews its registration from the same address changes nothing. */
  get revision(): number {
    return this.#revision;
  }

  find(device: string): Registration | undefined {
    return this.#byDevice.get(device)?.registration;
  }

  /** The device that registered last from this address. */
  at(peer: Peer): Registration | undefined {
    return this.#byPeer.get(peerKey(peer))?.registration;
  }

  /** Registers, or registers anew at the same location. @returns undefined if there are too many */
  register(wish: RegistrationWish, peer: Peer): Registration | undefined {
    const before = this.#byDevice.get(wish.device);
    if (before === undefined && !this.#makeRoom()) return undefined;
    const id = before?.registration.id ?? Buffer.from(this.#world.randomBytes(9)).toString('base64url');
    return this.#put(wish, id, peer, false);
  }

  /** Begins the lifetime again; what is undefined stays. @returns undefined if there is no such registration */
  update(id: string, peer: Peer, lifetimeS: number | undefined): Registration | undefined {
    const entry = this.#byId.get(id);
    if (entry === undefined) return undefined;
    // Who knows the id has had an answer.
    this.#unproven.delete(entry);
    const { registration } = entry;
    const wish = {
      ...registration,
      lifetimeS: lifetimeS ?? registration.lifetimeS,
      linksText: registration.links.text,
    };
    return this.#put(wish, id, peer, true);
  }

  /** Notes that an answer has come from a device: it is where it says it is, and keeps its place. */
  prove(device: string): void {
    const entry = this.#byDevice.get(device);
    if (entry !== undefined) this.#unproven.delete(entry);
  }

  /** @returns whether there was such a registration */
  remove(id: string): boolean {
    const entry = this.#byId.get(id);
    if (entry === undefined) return false;
    this.#end(entry);
    return true;
  }

  /** Takes a registration of before a restart, if it has not ended and there is room. Nobody is told. */
  restore(kept: KeptRegistration): boolean {
    const { clock } = this.#world;
    const leftMs = Math.min(kept.endsAtMs - clock.wallUs() / 1000, kept.lifetimeS * 1000);
    if (leftMs <= 0 || this.size >= this.#mostCount || this.#byDevice.has(kept.device)) return false;
    this.#enter(kept, kept.id, kept.peer, clock.nowUs() + leftMs * 1000);
    return true;
  }

  close(): void {
    this.#cancelTimer();
  }

  #put(wish: RegistrationWish, id: string, peer: Peer, isRenewed: boolean): Registration {
    const registration = this.#enter(wish, id, peer, this.#world.clock.nowUs() + wish.lifetimeS * 1e6);
    this.#callbacks.onRegistered(registration, isRenewed);
    return registration;
  }

  #enter({ device, lifetimeS, linksText, attributes }: RegistrationWish, id: string, peer: Peer, endsUs: number) {
    // Taken before the former ones are released, so that links that stay are not read again.
    const links = this.#links.take(linksText, (text) => parseLinks(text) ?? []);
    const registration = { device, id, peer, lifetimeS, endsUs, links, attributes };
    const before = this.#byDevice.get(device);
    if (before === undefined || !looksAlike(before.registration, registration)) this.#revision++;
    if (before !== undefined) this.#forget(before);
    const entry = before ?? { atUs: endsUs, order: 0, heapIndex: -1, registration };
    if (before === undefined) this.#unproven.add(entry);
    entry.atUs = endsUs;
    entry.registration = registration;
    this.#byDevice.set(device, entry);
    this.#byId.set(id, entry);
    this.#byPeer.set(peerKey(peer), entry);
    this.#ends.add(entry);
    this.#await();
    return registration;
  }

  #makeRoom(): boolean {
    if (this.size < this.#mostCount) return true;
    const [oldest] = this.#unproven;
    if (oldest !== undefined) this.#end(oldest);
    return oldest !== undefined;
  }

  #end(entry: Entry): void {
    this.#forget(entry);
    this.#unproven.delete(entry);
    this.#byDevice.delete(entry.registration.device);
    this.#revision++;
    this.#callbacks.onEnded(entry.registration.device);
  }

  /** Takes an entry out of all but its place by name. */
  #forget(entry: Entry): void {
    const { id, peer, links } = entry.registration;
    this.#ends.remove(entry);
    this.#byId.delete(id);
    // Another device may have registered from there since: NATs give ports away again.
    if (this.#byPeer.get(peerKey(peer)) === entry) this.#byPeer.delete(peerKey(peer));
    this.#links.release(links);
  }

  #await(): void {
    const firstUs = this.#ends.first?.atUs ?? Infinity;
    if (firstUs >= this.#timerUs) return;
    this.#cancelTimer();
    this.#timerUs = firstUs;
    this.#cancelTimer = this.#world.clock.schedule(firstUs, () => this.#endDue());
  }

  #endDue(): void {
    this.#timerUs = Infinity;
    const nowUs = this.#world.clock.nowUs();
    for (let first = this.#ends.first; first !== undefined && first.atUs <= nowUs; first = this.#ends.first) {
      this.#end(first);
    }
    this.#await();
  }
}

/** Whether look-ups show the same of both. */
function looksAlike(one: Registration, other: Registration): boolean {
  const isSaid = one.links.text === other.links.text && one.attributes === other.attributes;
  return isSaid && one.id === other.id && peerKey(one.peer) === peerKey(other.peer);
}
