import { MAX_RECORD_BYTES } from '../../base/limits.js';
import { Code, ContentFormat } from '../../coap/code.js';
import type { Link } from '../../coap/links.js';
import type { Peer } from '../../coap/peer.js';
import type { CoapReply, CoapResource, CoapSite, IncomingRequest } from '../../coap/site.js';
import type { AgentStatus } from '../agent-plan.js';
import type { AgentStateEvent } from '../events.js';
import { RADIO_PATH, STATE_PATH, TRIGGER_PATH } from './device-paths.js';

/** Observers that hear nothing for this long ask again: states last for days. */
const FRESH_S = 86_400;

/** Whether the device hears its servers. */
export interface RadioStatus {
  readonly isAwake: boolean;
  /** When it wakes next, as ISO 8601; null: it is awake, or none is planned. */
  readonly nextWakeAt: string | null;
}

/** What a device serves by CoAP needs of the device. */
export interface DeviceSiteWorld {
  readonly status: () => AgentStatus | undefined;
  readonly radio: () => RadioStatus;
  /** Whether this peer may read the state. */
  readonly mayRead: (peer: Peer) => boolean;
  /** Whether this peer may trigger, and push records. */
  readonly mayTrigger: (peer: Peer) => boolean;
  /** Has the device look for news now. @returns false: it has no subscription for this object */
  readonly trigger: (object: string | undefined) => boolean;
  /** Takes a record that nobody has judged. @returns false: it is no signed record of the device's fleet */
  readonly push: (record: Uint8Array) => boolean;
}

/**
 * A device by CoAP: its objects (`/fw`) and whether it is awake (`/Radio_link_status`), both to observe, and `/sw`, with which a manager triggers it or pushes
 * a signed record. Nothing is believed beyond its signature: a trigger has the device look for news, and a record counts as one that was announced.
 */
export class DeviceSite implements CoapSite {
  readonly #world: DeviceSiteWorld;

  constructor(world: DeviceSiteWorld) {
    this.#world = world;
  }

  links(): readonly Link[] {
    return DEVICE_LINKS;
  }

  find(path: readonly string[]): CoapResource | undefined {
    switch (path.join('/')) {
      case STATE_PATH:
        return this.#readable(() => this.#state());
      case RADIO_PATH:
        return this.#readable(() => this.#world.radio());
      case TRIGGER_PATH:
        return {
          maxPayloadBytes: MAX_RECORD_BYTES,
          admits: (peer) => this.#world.mayTrigger(peer),
          answer: (request) => ({ code: this.#take(request) }),
        };
      default:
        return undefined;
    }
  }

  #readable(get: () => object | undefined): CoapResource {
    return {
      isObservable: true,
      admits: (peer) => this.#world.mayRead(peer),
      answer: ({ method }) => (method === 'GET' ? json(get()) : { code: Code.methodNotAllowed }),
    };
  }

  #state(): object | undefined {
    const status = this.#world.status();
    return status && { fleet: status.fleet, objects: status.objects.map(shownState) };
  }

  #take({ method, query, payload }: IncomingRequest): number {
    if (method !== 'POST') return Code.methodNotAllowed;
    if (payload.length > 0) return this.#world.push(payload) ? Code.changed : Code.badRequest;
    const object = query.find((one) => one.startsWith('object='))?.slice('object='.length);
    return this.#world.trigger(object) ? Code.changed : Code.notFound;
  }
}

/** What a device registers. */
export const DEVICE_LINKS: readonly Link[] = [
  { target: `/${STATE_PATH}`, attributes: { rt: 'layercast.state', ct: String(ContentFormat.json), obs: true } },
  { target: `/${RADIO_PATH}`, attributes: { rt: 'layercast.radio', ct: String(ContentFormat.json), obs: true } },
  { target: `/${TRIGGER_PATH}`, attributes: { rt: 'layercast.trigger' } },
];

/** The part of a state that a manager needs. The paths of the device's files stay on the device. */
function shownState(state: AgentStateEvent): object {
  const { object, version, lwm2mState, lwm2mResult, appliedVersion, message } = state;
  return { object, version, state: state.state, lwm2mState, lwm2mResult, appliedVersion, message };
}

function json(value: object | undefined): CoapReply {
  if (value === undefined) return { code: Code.unavailable };
  const payload = Buffer.from(JSON.stringify(value));
  return { code: Code.content, payload, contentFormat: ContentFormat.json, maxAgeS: FRESH_S };
}
