import type { LiveState } from '../live-state.js';
import { element, setText } from './elements.js';
import { countText, rateText, sizeText } from './formats.js';
import { Meter } from './meter.js';
import { Rows } from './rows.js';
import type { Section } from './section.js';

/** Clients of a gateway: what they asked and got. */
export class ClientsSection implements Section {
  readonly #where = element('p');
  readonly #waiting = element('p');
  readonly #table = new Rows('Answers, by protocol', [
    { title: 'Protocol' },
    { title: 'Answered', isNumber: true },
    { title: 'Not changed', isNumber: true, isWide: true },
    { title: 'Client faults', isNumber: true },
    { title: 'Own faults', isNumber: true },
    { title: 'Refused', isNumber: true, isWide: true },
    { title: 'Sent', isNumber: true },
    { title: 'Sent now', isNumber: true },
  ]);
  readonly #meter = new Meter();
  readonly element = element('section', '', element('h2', '', 'Clients'), this.#where, this.#waiting);

  constructor() {
    this.element.append(this.#table.element);
  }

  show({ clients, atMs }: LiveState): void {
    const { urls, waitingCount, protocols } = clients!;
    setText(this.#where, `Objects are served at ${urls.join(' and ') || 'no address yet'}`);
    setText(this.#waiting, `${countText(waitingCount)} requests wait for bytes that are not received yet`);
    this.#table.show(
      protocols.map(({ protocol, answers, bodyBytes, refusedCount }) => {
        const rate = this.#meter.perSecond(protocol, atMs, 8 * bodyBytes);
        const counts = ['2xx', '3xx', '4xx', '5xx'].map((name) => countText(answers[name] ?? 0));
        return [
          ...[protocol.toUpperCase(), ...counts, countText(refusedCount), sizeText(bodyBytes)],
          rate === undefined ? '' : rateText(rate),
        ];
      }),
    );
  }
}
