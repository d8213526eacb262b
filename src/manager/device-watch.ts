import { RADIO_PATH, STATE_PATH } from '../agent/coap/device-paths.js';
import type { CoapEndpoint } from '../coap/endpoint.js';
import type { Observation } from '../coap/observation.js';
import { type Peer, peerKey } from '../coap/peer.js';
import { CoapFault } from '../coap/request.js';

/** Observes resources of others. */
export type Observer = Pick<CoapEndpoint, 'observe'>;

/** What is observed of a device. */
const PATHS = [STATE_PATH, RADIO_PATH];

/** Called with what a device says at one of its paths. */
export type OnNotification = (path: string, payload: Uint8Array) => void;

/** The observations of one device, at the address from which it was heard last. */
export class DeviceWatch {
  readonly #observer: Observer;
  readonly #onNotification: OnNotification;
  readonly #observations = new Map<string, Observation>();
  #peer: Peer | undefined;

  constructor(observer: Observer, onNotification: OnNotification) {
    this.#observer = observer;
    this.#onNotification = onNotification;
  }

  /**
   * Observes again what has ended; all, if the device has another address. To be called when the device can be reached.
   *
   * @returns false if there are too many observations; the next call tries again
   */
  renew(peer: Peer): boolean {
    if (this.#peer !== undefined && peerKey(this.#peer) !== peerKey(peer)) this.close();
    this.#peer = peer;
    return PATHS.every((path) => this.#observations.has(path) || this.#observe(peer, path));
  }

  /** Forgets the observations; the device learns so when it sends its next notification. */
  close(): void {
    for (const observation of this.#observations.values()) observation.cancel();
    this.#observations.clear();
  }

  #observe(peer: Peer, path: string): boolean {
    try {
      const observation: Observation = this.#observer.observe(
        peer,
        { path: [path] },
        {
          onNotification: ({ payload }) => {
            if (this.#observations.get(path) === observation) this.#onNotification(path, payload);
          },
          onEnd: () => {
            if (this.#observations.get(path) === observation) this.#observations.delete(path);
          },
        },
      );
      this.#observations.set(path, observation);
      return true;
    } catch (error) {
      if (error instanceof CoapFault) return false;
      throw error;
    }
  }
}
