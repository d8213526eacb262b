import type { LiveState, SentChannel, SentObject } from '../live-state.js';
import { HISTORY_COUNT } from '../live-state.js';
import { Chart } from './chart.js';
import { element, setText } from './elements.js';
import { Figures } from './figures.js';
import { countText, rateText, shareText, sizeText } from './formats.js';
import { Meter } from './meter.js';
import { Rows } from './rows.js';

/** What a server has on the air, and what each channel costs: rate, bytes, and the share of all bytes. */
export class SendingSection {
  readonly element = element('section');
  readonly #figures = new Figures();
  readonly #chart = new Chart({
    ...{ title: 'Sent', lines: [{ title: 'all channels' }, { title: 'by the plan' }], format: rateText, least: 1e3 },
  });
  readonly #table = new Rows('Channels of each object', [
    { title: 'Object' },
    { title: 'Version', isNumber: true, isWide: true },
    { title: 'Size', isNumber: true, isWide: true },
    { title: 'Channel', isNumber: true },
    { title: 'Planned', isNumber: true, isWide: true },
    { title: 'Now', isNumber: true },
    { title: 'In all', isNumber: true, isWide: true },
    { title: 'Share', isNumber: true },
    { title: 'Times the file', isNumber: true, isWide: true },
    { title: 'State' },
  ]);
  readonly #preparing = element('p', 'quiet');
  readonly #hidden = element('p', 'quiet');
  readonly #meter = new Meter();
  readonly #history: [number[], (number | null)[], number[]] = [[], [], []];

  constructor() {
    this.element.append(element('h2', '', 'On the air'), this.#figures.element, this.#chart.element);
    this.element.append(this.#preparing, this.#table.element, this.#hidden);
  }

  show({ sending, atMs, cpuS }: LiveState): void {
    const { objects, hiddenCount, preparing } = sending!;
    const channels = objects.flatMap((object) => object.channels.map((channel) => ({ object, channel })));
    const rates = channels.map(({ object, channel }) =>
      this.#meter.perSecond(keyOf(object, channel), atMs, 8 * channel.bytes),
    );
    const sum = channels.reduce((all, { channel }) => all + channel.bytes, 0);
    const planned = channels.reduce((all, { channel }) => all + (channel.rateBitsPerSecond ?? 0), 0);
    const rate = rates.reduce((all, one) => (one === undefined ? all : (all ?? 0) + one), undefined);
    const load = this.#meter.perSecond('', atMs, cpuS);
    this.#record(atMs, rate, planned);
    this.#figures.show({
      Objects: countText(objects.length + hiddenCount),
      Channels: countText(channels.length),
      'By the plan': rateText(planned),
      'Sent now': rate === undefined ? 'measuring' : rateText(rate),
      'Sent in all': sizeText(sum),
      Processor: load === undefined ? 'measuring' : shareText(load),
      'Processor per GB': load === undefined || !rate ? 'measuring' : `${((8e9 * load) / rate).toPrecision(2)} s`,
    });
    this.#table.show(channels.map(({ object, channel }, i) => rowOf(object, channel, rates[i], sum)));
    setText(this.#hidden, hiddenCount === 0 ? '' : `${countText(hiddenCount)} more objects are not shown`);
    const works = preparing.map(({ object, share }) => `${object} ${shareText(share, 0)}`);
    setText(this.#preparing, works.length === 0 ? '' : `Being hashed or encoded: ${works.join(', ')}`);
  }

  #record(atMs: number, rate: number | undefined, planned: number): void {
    for (const [i, value] of [atMs, rate ?? null, planned].entries()) {
      const column = this.#history[i] as (number | null)[];
      column.push(value);
      if (column.length > HISTORY_COUNT) column.shift();
    }
    const [times, ...lines] = this.#history;
    this.#chart.show(times, lines);
  }
}

function rowOf(object: SentObject, channel: SentChannel, rate: number | undefined, sum: number): readonly string[] {
  const { bytes, rateBitsPerSecond: planned } = channel;
  return [
    object.object,
    String(object.version),
    object.bytes === undefined ? '' : sizeText(object.bytes),
    String(channel.channel),
    planned === undefined ? '' : rateText(planned),
    rate === undefined ? '' : rateText(rate),
    sizeText(bytes),
    sum === 0 ? '' : shareText(bytes / sum),
    object.bytes === undefined || object.bytes === 0 ? '' : (bytes / object.bytes).toFixed(2),
    stateOf(channel),
  ];
}

function stateOf({ isFailing, pausedFor, refusedDatagrams, skippedDatagrams }: SentChannel): string {
  const refused = refusedDatagrams === 0 ? '' : `, ${countText(refusedDatagrams)} datagrams refused`;
  const skipped = skippedDatagrams === 0 ? '' : `, ${countText(skippedDatagrams)} skipped as too late`;
  if (isFailing) return `refused by the system${refused}${skipped}`;
  return `${pausedFor.length === 0 ? 'on the air' : `pauses: ${pausedFor.join(', ')}`}${refused}${skipped}`;
}

function keyOf(object: SentObject, channel: SentChannel): string {
  return `${channel.channel} ${object.object}`;
}
