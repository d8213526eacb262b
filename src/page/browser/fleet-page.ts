import { DeviceTable } from './device-table.js';
import { type DeviceJson, Devices, MAX_DEVICES } from './devices.js';
import { announce, element, setText, withAttributes } from './elements.js';
import { readEvents } from './event-reader.js';
import { Figures } from './figures.js';
import { countText } from './formats.js';
import { oncePerFrame } from './frames.js';
import { showLink } from './link.js';
import { Rows } from './rows.js';
import { askForToken, authorization } from './token.js';

/** Devices that are read at once: as many as the manager gives, so that the most that a page holds come with twenty requests. */
const PAGE_DEVICES = 1_000;
/** The counts are of the whole fleet, so the manager makes them. */
const COUNTS_MS = 5_000;
/** States with the most devices. */
const MAX_STATES = 50;

interface Counts {
  readonly devices: number;
  readonly registered: number;
  readonly waitingTriggers: number;
  readonly endedTriggers: Readonly<Record<string, number>>;
  readonly states: readonly {
    readonly fleet: string;
    readonly object: string;
    readonly version: number;
    readonly state: string;
    readonly deviceCount: number;
  }[];
}

/** The page of a manager: the fleet in numbers, and each device. */
export class FleetPage {
  readonly #main: HTMLElement;
  readonly #figures = new Figures();
  readonly #states = new Rows(
    'Devices by state',
    [
      { title: 'Object' },
      { title: 'Fleet', isWide: true },
      { title: 'Version', isNumber: true },
      { title: 'State' },
      { title: 'Devices', isNumber: true },
    ],
    'short',
  );
  readonly #search = withAttributes(element('input'), { type: 'search', autocomplete: 'off', spellcheck: 'false' });
  readonly #found = withAttributes(element('p', 'quiet'), { role: 'status' });
  readonly #devices = new Devices();
  readonly #table = new DeviceTable();
  readonly #draw = oncePerFrame(() => this.#show());
  /** Devices that events told of while the list was being read: what events say is newer. */
  #told = new Set<string>();
  #failedCount = Number.POSITIVE_INFINITY;

  constructor(main: HTMLElement) {
    this.#main = main;
    this.#search.addEventListener('input', () => {
      this.#devices.search(this.#search.value);
      this.#draw();
    });
  }

  async run(): Promise<void> {
    setText(document.getElementById('title')!, 'Manager');
    document.title = 'Manager – layercast';
    await this.#enter();
    const find = element(
      'form',
      '',
      element('label', '', 'Find devices by name, object, state or message', this.#search),
    );
    find.addEventListener('submit', (event) => event.preventDefault());
    this.#main.replaceChildren(
      ...[element('h2', '', 'The fleet'), this.#figures.element, this.#states.element],
      ...[element('h2', '', 'Devices'), find, this.#found, this.#table.element],
    );
    setInterval(() => void this.#count(), COUNTS_MS);
    await readEvents({
      url: 'events',
      headers: authorization(),
      onOpen: () => {
        showLink(true, 'live');
        void this.#list();
      },
      onLost: (reason) => showLink(false, `no connection: ${reason.trim()}`),
      onEvent: (event, data) => this.#take(event, data),
    });
  }

  /** Asks for tokens until the manager takes one, if it wants any. */
  async #enter(): Promise<void> {
    while (!(await this.#count())) {
      showLink(false, 'a token is needed');
      const { form, given } = askForToken();
      this.#main.replaceChildren(form);
      form.querySelector('input')!.focus();
      await given;
    }
  }

  /** @returns false if the manager asks for another token */
  async #count(): Promise<boolean> {
    const response = await ask('counts').catch(() => undefined);
    if (response?.status === 401) return false;
    if (response?.ok) this.#showCounts((await response.json()) as Counts);
    return true;
  }

  async #list(): Promise<void> {
    const told = new Set<string>();
    this.#told = told;
    const listed = new Set<string>();
    let after: string | undefined = '';
    while (after !== undefined && listed.size < MAX_DEVICES) {
      const query = new URLSearchParams({ limit: String(PAGE_DEVICES), ...(after === '' ? {} : { after }) });
      const response = await ask(`devices?${query}`).catch(() => undefined);
      // The connection of events is lost, too, and is made again.
      if (!response?.ok) return;
      const page = (await response.json()) as { readonly devices: readonly DeviceJson[]; readonly next?: string };
      // The list is being read anew.
      if (this.#told !== told) return;
      for (const device of page.devices) {
        listed.add(device.device);
        if (!told.has(device.device)) this.#devices.set(device);
      }
      after = page.next;
      this.#draw();
    }
    // Nobody has told of those that were forgotten while there was no connection.
    if (after === undefined) this.#devices.keep((name) => listed.has(name) || told.has(name));
    this.#draw();
  }

  #take(event: string, data: unknown): void {
    const device = (data as DeviceJson).device;
    if (event === 'device') {
      this.#told.add(device);
      this.#devices.set(data as DeviceJson);
    } else if (event === 'forgotten') {
      this.#told.add(device);
      this.#devices.delete(device);
    } else return;
    this.#draw();
  }

  #show(): void {
    const { found, count } = this.#devices;
    this.#table.show(found);
    const bound = count < MAX_DEVICES ? '' : `; a page shows the first ${countText(MAX_DEVICES)}`;
    setText(this.#found, `${countText(found.length)} of ${countText(count)} devices${bound}`);
  }

  #showCounts({ devices, registered, waitingTriggers, endedTriggers, states }: Counts): void {
    const failed = states.filter(({ state }) => state === 'failed').reduce((sum, one) => sum + one.deviceCount, 0);
    const ended = Object.entries(endedTriggers).filter(([, count]) => count > 0);
    this.#figures.show({
      Devices: countText(devices),
      Registered: countText(registered),
      'Failed objects': countText(failed),
      'Waiting triggers': countText(waitingTriggers),
      'Triggers over': ended.map(([result, count]) => `${countText(count)} ${result}`).join(', ') || 'none',
    });
    this.#states.show(
      states
        .slice(0, MAX_STATES)
        .map(({ object, fleet, version, state, deviceCount }) => [
          ...[object, fleet, String(version), state, countText(deviceCount)],
        ]),
    );
    if (failed > this.#failedCount) announce(`${countText(failed)} objects have failed`);
    this.#failedCount = failed;
  }
}

function ask(path: string): Promise<Response> {
  return fetch(path, { headers: authorization(), cache: 'no-store' });
}
