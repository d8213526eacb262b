import { comparedText } from '../../config/compared-text.js';
import type { Decision, History, TransferState } from '../live-state.js';
import { HISTORY_COUNT } from '../live-state.js';
import { Chart } from './chart.js';
import { announce, element, setAttribute, setText, withAttributes } from './elements.js';
import { Figures } from './figures.js';
import { durationText, percentOf, rateText, shareText, sizeText, timeText } from './formats.js';
import { Rows } from './rows.js';

/** Decisions that a page keeps; the process tells the newest ones only. */
const MAX_DECISIONS = 200;

type Columns = { -readonly [Name in keyof History]: History[Name][number][] };

/** One object that is received: its map, numbers, charts and decisions. */
export class TransferSection {
  readonly element = element('details');
  readonly #heading = element('summary');
  readonly #map = withAttributes(element('div', 'map'), { role: 'img' });
  readonly #figures = new Figures();
  readonly #history: Columns = { atMs: [], level: [], rate: [], levelRate: [], capacity: [], queueMs: [], loss: [] };
  readonly #decisions = new Map<string, Decision>();
  readonly #table = new Rows(
    'Decisions, the newest first',
    [{ title: 'Time', isShort: true }, { title: 'What' }, { title: 'Reason' }],
    'short',
  );
  readonly #place = element('div', 'charts');
  #charts: readonly Chart[] = [];
  #told = '';

  constructor(isOpen: boolean) {
    this.element.append(this.#heading, this.#map, this.#figures.element, this.#place, this.#table.element);
    this.element.open = isOpen;
    this.element.addEventListener('toggle', () => this.#draw());
  }

  /** The time before this page. */
  recall(history: History): void {
    for (const name of Object.keys(this.#history) as (keyof History)[]) {
      const column = this.#history[name] as unknown[];
      column.splice(0, column.length, ...history[name]);
    }
  }

  show(state: TransferState): void {
    this.#tell(state);
    this.#record(state);
    setText(this.#heading, headingOf(state));
    this.#showMap(state.progress?.map ?? []);
    this.#figures.show(figuresOf(state));
    for (const decision of state.decisions) this.#decisions.set(`${decision.atMs} ${decision.kind}`, decision);
    for (const key of this.#decisions.keys()) if (this.#decisions.size > MAX_DECISIONS) this.#decisions.delete(key);
    this.#table.show([...this.#decisions.values()].reverse().map(decisionRow));
    this.#draw();
  }

  #record({ progress }: TransferState): void {
    if (progress === undefined || progress.atMs <= (this.#history.atMs.at(-1) ?? 0)) return;
    const { atMs, level, rateBitsPerSecond, levelRateBitsPerSecond, capacityBitsPerSecond, queueMs, lossRatio } =
      progress;
    const sample = {
      ...{ atMs, level, rate: rateBitsPerSecond, levelRate: levelRateBitsPerSecond, queueMs, loss: lossRatio },
      capacity: capacityBitsPerSecond ?? null,
    };
    for (const [name, value] of Object.entries(sample)) {
      const column = this.#history[name as keyof History] as unknown[];
      column.push(value);
      if (column.length > HISTORY_COUNT) column.shift();
    }
  }

  #showMap(map: readonly number[]): void {
    while (this.#map.children.length > map.length) this.#map.lastChild!.remove();
    while (this.#map.children.length < map.length) this.#map.append(element('i'));
    for (const [i, share] of map.entries()) {
      setAttribute(this.#map.children[i]!, 'class', `m${Math.floor(share * 4)}`);
    }
    const [whole, empty] = [map.filter((share) => share === 1).length, map.filter((share) => share === 0).length];
    const text = `Map of the file: of ${map.length} equal parts ${whole} are whole, ${empty} have nothing yet`;
    setAttribute(this.#map, 'aria-label', text);
  }

  /** Charts are made when somebody can see them. */
  #draw(): void {
    if (!this.element.open) return;
    if (this.#charts.length === 0) {
      this.#charts = [
        new Chart({ title: 'Level', lines: [{ title: 'level', isStepped: true }], format: String, least: 1 }),
        new Chart({
          title: 'Rate',
          lines: [{ title: 'received' }, { title: 'nominal', isStepped: true }, { title: 'capacity' }],
          format: rateText,
          least: 1e3,
        }),
        new Chart({ title: 'Queue', lines: [{ title: 'delay' }], format: (ms) => `${Math.round(ms)} ms`, least: 10 }),
        new Chart({ title: 'Loss', lines: [{ title: 'lost' }], format: (share) => shareText(share), least: 0.01 }),
      ];
      this.#place.append(...this.#charts.map((chart) => chart.element));
    }
    const { atMs, level, rate, levelRate, capacity, queueMs, loss } = this.#history;
    const lines = [[level], [rate, levelRate, capacity], [queueMs], [loss]];
    this.#charts.forEach((chart, i) => {
      chart.show(atMs, lines[i]!);
    });
  }

  #tell({ object, isComplete, progress }: TransferState): void {
    const level = `level ${progress?.level ?? 0} of ${progress?.levelCount ?? 0}`;
    const now = isComplete ? `${object} is complete` : `${object}: ${level}`;
    if (this.#told !== '' && this.#told !== now) announce(now);
    this.#told = now;
  }
}

function headingOf({ object, version, isComplete, progress }: TransferState): string {
  const name = version === undefined ? object : `${object}, version ${version}`;
  if (isComplete) return `${name}: complete`;
  if (progress === undefined) return `${name}: waiting`;
  return `${name}: ${percentOf(progress.bytes, progress.totalBytes)} %`;
}

function figuresOf({ isComplete, progress }: TransferState): Readonly<Record<string, string>> {
  if (progress === undefined) return {};
  const { bytes, totalBytes, rateBitsPerSecond, etaMs, level, levelCount, lossRatio, queueMs, channels, servers } =
    progress;
  return {
    'On this host': `${sizeText(bytes)} of ${sizeText(totalBytes)}`,
    Rate: rateText(rateBitsPerSecond),
    Left: isComplete ? 'complete' : etaMs === undefined ? 'waiting for data' : durationText(etaMs),
    Level: `${level} of ${levelCount}`,
    Queue: `${queueMs} ms`,
    Loss: shareText(lossRatio),
    Channels: channels.join(', ') || 'none',
    Servers: servers.join(', ') || 'none yet',
  };
}

function decisionRow({ atMs, kind, channels, reason, compared }: Decision): readonly string[] {
  const what = `${kind} ${channels.length === 1 ? 'channel' : 'channels'} ${channels.join(', ')}`;
  // On a line of its own, so that a narrow screen need not have one more column.
  return [timeText(atMs), what, compared === undefined ? reason : `${reason}\n${comparedText(compared)}`];
}
