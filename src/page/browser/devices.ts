import { timeText } from './formats.js';

/** A device as the manager tells it (src/manager/http/device-json.ts). */
export interface DeviceJson {
  readonly device: string;
  readonly isRegistered: boolean;
  readonly isReachable: boolean;
  readonly address?: string;
  readonly heardAt: string;
  readonly isAwake?: boolean;
  readonly nextWakeAt?: string;
  readonly fleet?: string;
  readonly objects: readonly {
    readonly object: string;
    readonly version: number;
    readonly state: string;
    readonly message?: string;
  }[];
  readonly triggers: readonly object[];
  readonly lastTrigger?: { readonly result: string; readonly at: string };
}

/** Devices that a page holds: each takes a kilobyte, and nobody scrolls through more. */
export const MAX_DEVICES = 20_000;

/** The devices of a fleet in the order of their names, and those among them that a person looks for. */
export class Devices {
  readonly #byName = new Map<string, DeviceJson>();
  /** Sorted; undefined when names have come or gone. */
  #names: readonly string[] | undefined;
  #found: readonly DeviceJson[] | undefined;
  #words: readonly string[] = [];

  get count(): number {
    return this.#byName.size;
  }

  /** Takes what is new of a device. Beyond the bound, devices that are not known are left out. */
  set(device: DeviceJson): void {
    const isKnown = this.#byName.has(device.device);
    if (!isKnown && this.#byName.size >= MAX_DEVICES) return;
    if (!isKnown) this.#names = undefined;
    this.#byName.set(device.device, device);
    this.#found = undefined;
  }

  delete(name: string): void {
    if (!this.#byName.delete(name)) return;
    this.#names = undefined;
    this.#found = undefined;
  }

  /** Leaves out all others. */
  keep(isThere: (name: string) => boolean): void {
    for (const name of this.#byName.keys()) if (!isThere(name)) this.delete(name);
  }

  /** Looks for devices that have all words of a text, in their names, states or messages. */
  search(text: string): void {
    this.#words = text
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    this.#found = undefined;
  }

  /** Those that are looked for. */
  get found(): readonly DeviceJson[] {
    this.#names ??= [...this.#byName.keys()].sort();
    this.#found ??= this.#names.map((name) => this.#byName.get(name)!).filter((device) => this.#isWanted(device));
    return this.#found;
  }

  #isWanted(device: DeviceJson): boolean {
    if (this.#words.length === 0) return true;
    const text = deviceRow(device).join(' ').toLowerCase();
    return this.#words.every((word) => text.includes(word));
  }
}

/** Texts of a row, as `DEVICE_COLUMNS` of device-table.ts names them. */
export function deviceRow(device: DeviceJson): readonly string[] {
  const { objects, heardAt, address = '', lastTrigger, triggers } = device;
  const waits = triggers.length === 0 ? '' : `${triggers.length} waiting`;
  const last = lastTrigger === undefined ? '' : `${lastTrigger.result} ${clock(lastTrigger.at)}`;
  return [
    device.device,
    contactOf(device),
    objects.map(objectText).join(', '),
    clock(heardAt),
    [waits, last].filter((one) => one !== '').join(', '),
    address,
  ];
}

function contactOf({ isRegistered, isReachable, isAwake, nextWakeAt }: DeviceJson): string {
  if (!isRegistered) return 'gone';
  if (isAwake === false) return nextWakeAt === undefined ? 'asleep' : `asleep until ${clock(nextWakeAt)}`;
  return isReachable ? 'reachable' : 'registered';
}

/** The state comes first, because narrow columns show the beginning only. */
function objectText({ object, version, state, message }: DeviceJson['objects'][number]): string {
  return `${state} ${object} ${version}${message === undefined ? '' : `: ${message}`}`;
}

function clock(time: string): string {
  return timeText(Date.parse(time));
}
