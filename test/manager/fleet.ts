import type { Clock } from '../../dist/base/ports.js';
import { Code } from '../../dist/coap/code.js';
import type { CoapEndpoint } from '../../dist/coap/endpoint.js';
import { formatLinks } from '../../dist/coap/links.js';
import { type Peer, peerKey } from '../../dist/coap/peer.js';
import type { IncomingRequest } from '../../dist/coap/site.js';
import type { RecordStore } from '../../dist/manager/keeper.js';
import { Manager, type ManagerOptions } from '../../dist/manager/manager.js';
import { Wire } from '../coap/wire.js';

export const MANAGER: Peer = { address: '2001:db8::1', port: 5683 };
const LINKS = formatLinks(['/fw', '/Radio_link_status', '/sw'].map((target) => ({ target, attributes: {} })));

/** Records in memory: what a database keeps when the manager is killed. */
export class MemoryStore implements RecordStore {
  readonly records = new Map<string, string>();
  isBroken = false;

  all(kind: string) {
    const start = `${kind} `;
    return [...this.records]
      .filter(([name]) => name.startsWith(start))
      .map(([name, text]) => ({ key: name.slice(start.length), text }));
  }

  write(changes: Parameters<RecordStore['write']>[0]): void {
    if (this.isBroken) throw new Error('no space left');
    for (const { kind, key, text } of changes) {
      if (text === undefined) this.records.delete(`${kind} ${key}`);
      else this.records.set(`${kind} ${key}`, text);
    }
  }
}

/** A manager and devices behind NATs that forget after 30 s, in virtual time. */
export class Fleet {
  readonly wire = new Wire('manager');
  readonly store = new MemoryStore();
  /** Whether a NAT lets through only who was spoken to in the last 30 s. */
  hasNats = true;
  /** More losses. */
  loses: Wire['loses'] = () => false;
  /** By how much the manager's clock of the day is ahead. */
  wallErrorUs = 0;
  /** Datagrams to devices that a NAT has dropped. */
  blockedCount = 0;
  readonly #spokeUs = new Map<string, number>();

  constructor() {
    this.wire.loses = (seen) => {
      if (this.loses(seen)) return true;
      if (peerKey(seen.to) === peerKey(MANAGER)) this.#spokeUs.set(peerKey(seen.from), seen.atUs);
      else if (this.hasNats && seen.atUs > (this.#spokeUs.get(peerKey(seen.to)) ?? -Infinity) + 30e6) {
        this.blockedCount++;
        return true;
      }
      return false;
    };
  }

  manager(options: Partial<ManagerOptions> = {}): Manager {
    let next = 0;
    const randomBytes = (count: number) => {
      const bytes = Buffer.alloc(count);
      bytes.writeUIntBE(++next, Math.max(0, count - 3), Math.min(3, count));
      return bytes;
    };
    const all = { deviceCount: 100, admits: () => true, reachableMs: 30_000, forgetAfterMs: 86_400_000, ...options };
    const { clock: right } = this.wire;
    const clock: Clock = {
      timerLatenessUs: right.timerLatenessUs,
      nowUs: () => right.nowUs(),
      wallUs: () => right.wallUs() + this.wallErrorUs,
      schedule: (atUs, callback) => right.schedule(atUs, callback),
    };
    const manager = new Manager({ clock, randomBytes, store: this.store }, all);
    const endpoint = this.wire.endpoint(MANAGER, {
      site: manager.site,
      onStrayNotification: (peer) => manager.hearStray(peer),
    });
    manager.begin(endpoint);
    return manager;
  }

  device(name: string, port = 40_000): Device {
    return new Device(this.wire, name, { address: '2001:db8::2', port });
  }
}

/** A device as layercast's agent is one, for a manager. */
export class Device {
  status: object = { fleet: 'acme', objects: [{ object: 'firmware', version: 1, state: 'applied' }] };
  radio: object = { isAwake: true, nextWakeAt: null };
  /** What came to `/sw`. */
  readonly triggers: { readonly query: readonly string[]; readonly payload: string }[] = [];
  /** What triggers are answered with. */
  code: number = Code.changed;
  readonly name: string;
  readonly #wire: Wire;
  readonly #endpoint: CoapEndpoint;
  #location: readonly string[] | undefined;

  constructor(wire: Wire, name: string, peer: Peer) {
    this.#wire = wire;
    this.name = name;
    const says = (value: () => object) => ({
      isObservable: true,
      answer: () => ({
        code: Code.content,
        payload: Buffer.from(JSON.stringify(value())),
        contentFormat: 50,
        maxAgeS: 86_400,
      }),
    });
    const sw = { maxPayloadBytes: 65_536, answer: (request: IncomingRequest) => this.#take(request) };
    const resources = new Map<string, object>([
      ['fw', says(() => this.status)],
      ['Radio_link_status', says(() => this.radio)],
      ['sw', sw],
    ]);
    const find = (path: readonly string[]) => resources.get(path.join('/')) as typeof sw | undefined;
    this.#endpoint = wire.endpoint(peer, { site: { links: () => [], find } });
  }

  async register(lifetimeS = 3600): Promise<number> {
    const query = [`ep=${this.name}`, `lt=${lifetimeS}`];
    const request = { method: 'POST', path: ['rd'], query, payload: Buffer.from(LINKS), contentFormat: 40 } as const;
    const { code, locationPath } = await this.#wire.finish(this.#endpoint.request(MANAGER, request));
    this.#location = locationPath;
    return code;
  }

  async update(): Promise<number> {
    const request = { method: 'POST', path: this.#location! } as const;
    return (await this.#wire.finish(this.#endpoint.request(MANAGER, request))).code;
  }

  /** Is at this address from now on, with the registration of the same device at another one. */
  goOnFrom(before: Device): void {
    this.#location = before.#location;
  }

  say(status: object): void {
    this.status = { fleet: 'acme', objects: [{ object: 'firmware', version: 1, state: 'applied', ...status }] };
    this.#endpoint.notify(['fw']);
  }

  sayRadio(isAwake: boolean, nextWakeAt: string | null = null): void {
    this.radio = { isAwake, nextWakeAt };
    this.#endpoint.notify(['Radio_link_status']);
  }

  #take({ query, payload }: IncomingRequest) {
    this.triggers.push({ query, payload: Buffer.from(payload).toString() });
    return { code: this.code };
  }
}
