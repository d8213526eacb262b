import type { LiveState } from '../live-state.js';
import { announce, element, setText } from './elements.js';
import { countText, sizeText } from './formats.js';
import { Rows } from './rows.js';
import type { Section } from './section.js';

/** Objects that an agent or a gateway keeps, with their states. */
export class KeptSection implements Section {
  readonly #table = new Rows('Objects and their states', [
    { title: 'Object' },
    { title: 'Version', isNumber: true },
    { title: 'State' },
    { title: 'Taken over', isNumber: true },
    { title: 'Size', isNumber: true, isWide: true },
    { title: 'Message', isWide: true },
  ]);
  readonly #hidden = element('p', 'quiet');
  readonly element = element('section', '', element('h2', '', 'Kept'), this.#table.element, this.#hidden);
  #told: ReadonlyMap<string, string> = new Map();

  show({ kept }: LiveState): void {
    const { objects, hiddenCount } = kept!;
    this.#table.show(
      objects.map(({ object, version, state, appliedVersion, bytes, message = '' }) => [
        ...[object, String(version), state, appliedVersion === undefined ? '' : String(appliedVersion)],
        ...[sizeText(bytes), message],
      ]),
    );
    setText(this.#hidden, hiddenCount === 0 ? '' : `${countText(hiddenCount)} more objects are not shown`);
    const now = new Map(
      objects.map(({ object, version, state }) => [object, `${object}, version ${version}: ${state}`]),
    );
    const changed = [...now].filter(([object, text]) => this.#told.has(object) && this.#told.get(object) !== text);
    if (changed.length > 0) announce(changed.map(([, text]) => text).join('; '));
    this.#told = now;
  }
}
