import { type BackOffTimes, doubledUs } from '../../base/back-off.js';
import type { Clock } from '../../base/ports.js';
import { Code, ContentFormat, codeText } from '../../coap/code.js';
import { formatLinks, type Link } from '../../coap/links.js';
import type { CoapRequest, CoapResponse } from '../../coap/request.js';

/** A registration is renewed when this share of its lifetime has passed, and at random up to as much earlier: two more tries fit into the rest. */
const RENEW_RATIO = 0.6;
const RENEW_SPREAD_RATIO = 0.1;
/** A registration that was renewed within this time is not doubted: its directory observes anew since then, and rejects what belongs to the time before. */
const FRESH_US = 60e6;
/** Pauses after failures. */
const BACK_OFF: BackOffTimes = { firstUs: 5e6, mostUs: 300e6 };
/** A location of a directory has at most so many bytes, also where it writes whole URLs; requests for longer ones would not fit a message. */
const MAX_LOCATION_BYTES = 512;
/** A part of a path has at most so many bytes (RFC 7252, section 5.10). */
const MAX_PART_BYTES = 255;
/** Saying goodbye may take this long: a message and a repetition. The directory forgets the device anyway when its lifetime is over. */
const GOODBYE_US = 4e6;

export interface RegistrationPlan {
  /** Name of the device at the directory. */
  readonly endpoint: string;
  readonly lifetimeS: number;
  /** Of the directory's resource for registrations: `['rd']`. */
  readonly path: readonly string[];
  /** What the device has. */
  readonly links: readonly Link[];
}

export interface RegistrationWorld {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Asks the directory. @throws {Error} when it does not answer, or cannot be found */
  readonly ask: (request: CoapRequest, signal: AbortSignal) => Promise<CoapResponse>;
  /** Hears why the device is not registered; not again until it was registered. */
  readonly warn: (message: string) => void;
}

/**
 * Keeps a device registered at a resource directory (RFC 9176, section 5). It names no base URI: behind a NAT only the address counts from which
 * it speaks.
 */
export class Registration {
  readonly #plan: RegistrationPlan;
  readonly #world: RegistrationWorld;
  readonly #stopping = new AbortController();
  /** Where the directory has put the registration. */
  #location: readonly string[] | undefined;
  #work: Promise<void> = Promise.resolve();
  #isBusy = false;
  /** Asked for while a request was under way. */
  #isWanted = false;
  #renewedUs = Number.NEGATIVE_INFINITY;
  #failureCount = 0;
  #cancelTimer: () => void = () => undefined;

  constructor(plan: RegistrationPlan, world: RegistrationWorld) {
    this.#plan = plan;
    this.#world = world;
  }

  get isRegistered(): boolean {
    return this.#location !== undefined;
  }

  /** Registers, or tells the directory that the device is there, and from which address. */
  renew(): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#isBusy) {
      this.#isWanted = true;
      return;
    }
    this.#cancelTimer();
    this.#isBusy = true;
    this.#work = this.#speak();
  }

  /**
   * Says that the directory knows nothing of what it has observed: the device may have another address since, of which nothing else tells. The registration is
   * renewed, unless that was done just before.
   */
  doubt(): void {
    if (!this.#isBusy && this.#world.clock.nowUs() >= this.#renewedUs + FRESH_US) this.renew();
  }

  /** Has the directory forget the device, if it answers soon. */
  async end(): Promise<void> {
    const { clock, ask } = this.#world;
    this.#cancelTimer();
    this.#stopping.abort();
    await this.#work;
    if (this.#location === undefined) return;
    const leaving = new AbortController();
    const cancel = clock.schedule(clock.nowUs() + GOODBYE_US, () => leaving.abort(new Error('no answer')));
    await ask({ method: 'DELETE', path: this.#location }, leaving.signal).catch(() => undefined);
    cancel();
    this.#location = undefined;
  }

  async #speak(): Promise<void> {
    const { signal } = this.#stopping;
    let fault: string | undefined;
    try {
      fault = await this.#tell(signal);
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
    }
    this.#isBusy = false;
    if (signal.aborted) return;
    if (fault === undefined) this.#succeed();
    else this.#fail(fault);
  }

  /** @returns why the device is not registered; undefined: it is */
  async #tell(signal: AbortSignal): Promise<string | undefined> {
    const { ask } = this.#world;
    if (this.#location !== undefined) {
      const path = this.#location;
      const { code } = await ask({ method: 'POST', path }, signal);
      if (code === Code.changed) return undefined;
      // One that is busy has not forgotten the device.
      if (code === Code.unavailable) return `it answered ${codeText(code)}`;
      this.#location = undefined;
      // It has forgotten the device, or takes no updates, as directories of earlier drafts. Those may also keep a device twice.
      if (code !== Code.notFound) await ask({ method: 'DELETE', path }, signal);
    }
    const { endpoint, lifetimeS, path, links } = this.#plan;
    const query = [`ep=${endpoint}`, `lt=${lifetimeS}`];
    const payload = Buffer.from(formatLinks(links));
    const request = { method: 'POST', path, query, payload, contentFormat: ContentFormat.links } as const;
    const { code, locationPath } = await ask(request, signal);
    if (code !== Code.created || locationPath.length === 0) return `it answered ${codeText(code)}`;
    if (!canBeAsked(locationPath)) return 'it names a place that cannot be asked for';
    this.#location = locationPath;
    return undefined;
  }

  #succeed(): void {
    this.#failureCount = 0;
    this.#renewedUs = this.#world.clock.nowUs();
    const ratio = RENEW_RATIO - this.#world.random() * RENEW_SPREAD_RATIO;
    if (this.#isWanted) this.#again(0);
    else this.#again(this.#plan.lifetimeS * 1e6 * ratio);
  }

  #fail(fault: string): void {
    const { warn, random } = this.#world;
    this.#failureCount++;
    if (this.#failureCount === 1) warn(`not registered at the resource directory: ${fault}; trying again`);
    this.#again(doubledUs(BACK_OFF, this.#failureCount) * (1 + random()));
  }

  #again(us: number): void {
    const { clock } = this.#world;
    this.#isWanted = false;
    this.#cancelTimer = clock.schedule(clock.nowUs() + us, () => this.renew());
  }
}

/** Whether a request for this path names what the directory named: bytes that are no text would come back as others. */
function canBeAsked(path: readonly string[]): boolean {
  const lengths = path.map((part) => Buffer.byteLength(part));
  const isShort =
    lengths.every((bytes) => bytes <= MAX_PART_BYTES) && Buffer.byteLength(path.join('/')) <= MAX_LOCATION_BYTES;
  return isShort && !path.some((part) => part.includes('\ufffd'));
}
