import type { Frame } from './axes.js';
import { HEADING_HEIGHT, labelsWidth, panelElements } from './panel.js';
import { element, escapeText, fitted, picture } from './svg.js';
import { timeAxis } from './time-axis.js';
import { readTransferEvent } from './transfer-event.js';
import { panelsOf } from './transfer-panels.js';
import { TransferRecord } from './transfer-record.js';
import { describeTransfer, subtitleOf, titleOf } from './transfer-text.js';

export interface TransferPlotOptions {
  /** By default the object that the log says is received. */
  readonly title?: string | undefined;
  /** Pixels; 900 by default. */
  readonly width?: number | undefined;
  /** Name of the only receiver to draw; by default all are drawn. */
  readonly receiver?: string | undefined;
}

const DEFAULT_WIDTH = 900;
const LEFT = 52;
/** Least margin at the right: half the text of the last tick needs it. */
const LEAST_RIGHT = 28;
const TOP = 58;
const PANEL_GAP = 10;
const AXIS_HEIGHT = 32;

/**
 * A picture of how receivers found their rates: level, rate, queue delay and loss over time, from the events of `fetch --json`
 * or `simulate --json`. Events are given one by one, in the order of their `atMs`; however many there are, memory is bounded
 * (some 10 MB). Up to 8 receivers are drawn as lines, more as median with a band from 10 % to 90 %.
 *
 * @example
 * const plot = new TransferPlot();
 * for (const event of events) plot.add(event);
 * writeFileSync('transfer.svg', plot.toSvg());
 */
export class TransferPlot {
  readonly #options: TransferPlotOptions;
  readonly #record: TransferRecord;

  constructor(options: TransferPlotOptions = {}) {
    this.#options = options;
    this.#record = new TransferRecord(options.receiver);
  }

  /**
   * Takes one parsed line of a log. Events that are not drawn are ignored.
   * @returns what is wrong with it, if it cannot be used
   */
  add(event: unknown): string | undefined {
    const read = readTransferEvent(event);
    return typeof read === 'object' ? this.#record.add(read) : read;
  }

  /** Whether there is nothing to draw so far. */
  get isEmpty(): boolean {
    return panelsOf(this.#record).length === 0;
  }

  /** Names of all receivers so far, those not drawn included; empty text for the only one of `fetch`. */
  get receivers(): ReadonlySet<string> {
    return this.#record.names;
  }

  /** The picture, the same for the same events. */
  toSvg(): string {
    const { width = DEFAULT_WIDTH, title = titleOf(this.#record, this.#options.receiver) } = this.#options;
    const panels = panelsOf(this.#record);
    const right = width - Math.max(LEAST_RIGHT, labelsWidth(panels) + 14);
    const { firstMs = 0, lastMs } = this.#record;
    // A log whose events begin in its second half is a part of a longer log: its time axis begins with the first event.
    const x = timeAxis([firstMs > lastMs / 2 ? firstMs : 0, lastMs], LEFT, right);
    const body: string[] = [
      element('text', { x: LEFT, y: 24, class: 'title' }, escapeText(fitted(title, 16, width - LEFT))),
      element(
        'text',
        { x: LEFT, y: 43, class: 'faint' },
        escapeText(fitted(subtitleOf(this.#record), 13, width - LEFT)),
      ),
    ];
    let top = TOP;
    for (const [index, panel] of panels.entries()) {
      const frame: Frame = {
        left: LEFT,
        right,
        top: top + HEADING_HEIGHT,
        bottom: top + HEADING_HEIGHT + panel.height,
      };
      body.push(...panelElements(panel, frame, x.scale, index === panels.length - 1 ? x.textOf : undefined));
      top = frame.bottom + PANEL_GAP;
    }
    const height = top - PANEL_GAP + AXIS_HEIGHT;
    return picture({ width, height, title, description: describeTransfer(this.#record) }, body);
  }
}
