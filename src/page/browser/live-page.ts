import type { LiveState, Past } from '../live-state.js';
import { ClientsSection } from './clients-section.js';
import { announce, element, setText } from './elements.js';
import { readEvents } from './event-reader.js';
import { sizeText, timeText } from './formats.js';
import { oncePerFrame } from './frames.js';
import { KeptSection } from './kept-section.js';
import { showLink } from './link.js';
import { Rows } from './rows.js';
import type { Section } from './section.js';
import { SendingSection } from './sending-section.js';
import { TransfersSection } from './transfers-section.js';

const NAMES: Readonly<Record<string, string>> = {
  ...{ server: 'Server', receiver: 'Receiver of fleet', agent: 'Agent of fleet', gateway: 'Gateway of fleet' },
};

/** The page of a server, a receiver, an agent or a gateway: the sections that its states have. */
export class LivePage {
  readonly #role: string;
  readonly #fault = element('p', 'bad');
  readonly #place = element('div');
  readonly #notes = new Rows(
    'Warnings, the newest first',
    [{ title: 'Time', isShort: true }, { title: 'What' }],
    'short',
  );
  readonly #foot = element('p', 'quiet');
  readonly #draw = oncePerFrame(() => this.#show());
  readonly #transfers = new TransfersSection();
  /** In the order of the page; made when a state has them for the first time. */
  readonly #sections: readonly { readonly of: keyof LiveState; readonly make: () => Section; made?: Section }[] = [
    { of: 'sending', make: () => new SendingSection() },
    { of: 'clients', make: () => new ClientsSection() },
    { of: 'transfers', make: () => this.#transfers },
    { of: 'kept', make: () => new KeptSection() },
  ];
  #state: LiveState | undefined;

  constructor(main: HTMLElement, role: string) {
    this.#role = role;
    this.#notes.element.hidden = true;
    main.replaceChildren(this.#fault, this.#place, this.#notes.element, this.#foot);
  }

  run(): void {
    void readEvents({
      url: 'events',
      headers: {},
      onOpen: () => showLink(true, 'live'),
      onLost: (reason) => showLink(false, `no connection: ${reason.trim()}`),
      onEvent: (event, data) => this.#take(event, data),
    });
  }

  #take(event: string, data: unknown): void {
    if (event === 'past') this.#transfers.recall(data as Past);
    if (event !== 'state') return;
    this.#state = data as LiveState;
    this.#draw();
  }

  #show(): void {
    const state = this.#state!;
    const { name, version, memoryBytes, atMs, notes, fault = '' } = state;
    const title = `${NAMES[this.#role] ?? ''} ${name}`;
    setText(document.getElementById('title')!, title);
    document.title = `${title} – layercast`;
    if (fault !== this.#fault.textContent) announce(fault === '' ? 'the work goes on' : fault);
    setText(this.#fault, fault);
    for (const section of this.#sections) {
      if (state[section.of] === undefined) continue;
      if (section.made === undefined) {
        section.made = section.make();
        this.#place.append(section.made.element);
      }
      section.made.show(state);
    }
    this.#notes.show([...notes].reverse().map((note) => [timeText(note.atMs), note.text]));
    this.#notes.element.hidden = notes.length === 0;
    setText(this.#foot, `layercast ${version}, ${sizeText(memoryBytes)} of memory, state of ${timeText(atMs)}`);
  }
}
