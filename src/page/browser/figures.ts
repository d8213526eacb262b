import { element, setText } from './elements.js';

/** A list of names and values. */
export class Figures {
  readonly element = element('dl');
  readonly #values = new Map<string, HTMLElement>();

  show(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) setText(this.#of(name), value);
  }

  #of(name: string): HTMLElement {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const made = element('dd');
    this.element.append(element('div', '', element('dt', '', name), made));
    this.#values.set(name, made);
    return made;
  }
}
