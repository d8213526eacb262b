import type { LiveState, Past } from '../live-state.js';
import { element, setText } from './elements.js';
import type { Section } from './section.js';
import { TransferSection } from './transfer-section.js';

/** The objects that are received; the first one is open. */
export class TransfersSection implements Section {
  readonly #waiting = element('p', 'quiet');
  readonly element = element('section', '', element('h2', '', 'Receiving'), this.#waiting);
  readonly #sections = new Map<string, TransferSection>();
  #past: Past = { histories: {} };

  /** The time before this page, or before its connection was made anew. */
  recall(past: Past): void {
    this.#past = past;
    for (const [object, section] of this.#sections) this.#recall(object, section);
  }

  show({ transfers = [] }: LiveState): void {
    setText(this.#waiting, transfers.length === 0 ? 'Nothing is being received.' : '');
    for (const transfer of transfers) this.#of(transfer.object).show(transfer);
    for (const [object, section] of this.#sections) {
      if (transfers.some((transfer) => transfer.object === object)) continue;
      section.element.remove();
      this.#sections.delete(object);
    }
  }

  #of(object: string): TransferSection {
    const known = this.#sections.get(object);
    if (known !== undefined) return known;
    const made = new TransferSection(this.#sections.size === 0);
    this.#recall(object, made);
    this.#sections.set(object, made);
    this.element.append(made.element);
    return made;
  }

  #recall(object: string, section: TransferSection): void {
    const history = Object.hasOwn(this.#past.histories, object) ? this.#past.histories[object] : undefined;
    if (history !== undefined) section.recall(history);
  }
}
