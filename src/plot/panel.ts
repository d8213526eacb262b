import { axisLines, type Frame, type TickText, xAxis, yAxis } from './axes.js';
import { areaClass, lineClass, linePath, type Points } from './line.js';
import type { Scale } from './scale.js';
import { COLOUR_COUNT, element, escapeText, short, tenth, textWidth } from './svg.js';

/** One of several drawings above each other that share one time axis. */
export interface Panel {
  readonly heading: string;
  /** An explanation beside the heading; left out where there is no room. */
  readonly note: string;
  readonly height: number;
  readonly scale: (bottom: number, top: number) => Scale;
  readonly textOf: TickText;
  readonly bands?: readonly Band[];
  readonly lines: readonly PanelLine[];
  readonly marks?: readonly Mark[];
}

export interface PanelLine {
  readonly points: Points;
  readonly colourIndex: number;
  /** Text at the right, beside the end of the line. */
  readonly label?: string | undefined;
  readonly isThin?: boolean;
  readonly isStep?: boolean;
  readonly dashes?: string | undefined;
  /** Pixels by which the line is moved up, so that lines of the same values do not hide each other. */
  readonly lift?: number;
}

export interface Band {
  readonly points: readonly (readonly [x: number, low: number, high: number])[];
  readonly colourIndex: number;
}

export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly shape: 'up' | 'down' | 'end';
  readonly colourIndex: number;
  /** Shown when the pointer rests on the mark. */
  readonly title: string;
  /** Written beside the mark if there is room before the next mark. */
  readonly text?: string;
  readonly lift?: number;
}

export const HEADING_HEIGHT = 26;
/** Least distance between two labels. */
const LABEL_HEIGHT = 13;

/** A panel in its frame, with its heading above; with `textOf` also the values of the time axis below. */
export function panelElements(panel: Panel, frame: Frame, x: Scale, textOf?: TickText): readonly string[] {
  const { left, right, top, bottom } = frame;
  const y = panel.scale(bottom, top);
  // A nested picture cuts off lines at its edge. A clip path would need an id, which could clash with others on a page.
  const [width, height] = [right - left + 2, bottom - top + 4];
  const within = {
    x: left,
    y: top - 2,
    width,
    height,
    viewBox: `${short(left)} ${short(top - 2)} ${short(width)} ${short(height)}`,
  };
  return [
    headingOf(panel, frame),
    ...yAxis(frame, y, panel.textOf),
    ...xAxis(frame, x, textOf),
    axisLines(frame),
    element(
      'svg',
      within,
      ...(panel.bands ?? []).map(({ points, colourIndex }) =>
        element('path', { class: areaClass(colourIndex), opacity: 0.2, d: bandPath(points, x, y) }),
      ),
      ...panel.lines.map((line) => lineElement(line, x, y)),
    ),
    ...markElements(panel.marks ?? [], right, x, y),
    ...labelElements(panel.lines, frame, y),
  ];
}

/** Room that the labels of these lines need at the right. */
export function labelsWidth(panels: readonly Panel[]): number {
  const labels = panels.flatMap(({ lines }) => lines.map(({ label }) => label ?? ''));
  return Math.max(...labels.map((label) => textWidth(label, 11)));
}

function headingOf({ heading, note }: Panel, { left, right, top }: Frame): string {
  const fits = textWidth(heading, 13) + textWidth(note, 11) + 8 < right - left;
  const rest = fits && note !== '' ? element('tspan', { class: 'small faint', dx: 8 }, escapeText(note)) : '';
  return element('text', { x: left, y: top - 9 }, element('tspan', { class: 'strong' }, escapeText(heading)), rest);
}

function lineElement({ points, colourIndex, isThin, isStep, dashes, lift = 0 }: PanelLine, x: Scale, y: Scale): string {
  return element('path', {
    class: `${lineClass(colourIndex)}${isThin ? ' thin' : ''}`,
    d: linePath(points, x, lifted(y, lift), isStep),
    'stroke-dasharray': dashes,
  });
}

function lifted(scale: Scale, lift: number): Scale {
  return lift === 0 ? scale : { ...scale, at: (value) => scale.at(value) - lift };
}

function bandPath(points: Band['points'], x: Scale, y: Scale): string {
  if (points.length === 0) return '';
  const upper = points.map(([px, , high]) => `${tenth(x.at(px))} ${tenth(y.at(high))}`);
  const lower = points.map(([px, low]) => `${tenth(x.at(px))} ${tenth(y.at(low))}`).reverse();
  return `M${upper.join('L')}L${lower.join('L')}Z`;
}

const SHAPES = { up: 'M0-5l4.5 8h-9z', down: 'M0 5l4.5-8h-9z', end: 'M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z' };

function markElements(marks: readonly Mark[], right: number, x: Scale, y: Scale): readonly string[] {
  return marks.flatMap(({ x: px, y: py, shape, colourIndex, title, text, lift = 0 }, index) => {
    const [at, height] = [x.at(px), y.at(py) - lift];
    const mark = element(
      'g',
      { transform: `translate(${tenth(at)} ${tenth(height)})` },
      element('title', {}, escapeText(title)),
      element('path', {
        class: `mark ${shape === 'down' ? 'paper' : 'area'} c${colourIndex % COLOUR_COUNT}`,
        d: SHAPES[shape],
      }),
    );
    const next = marks[index + 1];
    const end = next === undefined ? right : x.at(next.x) - 8;
    if (text === undefined || at + 8 + textWidth(text, 11) > end) return [mark];
    return [mark, element('text', { class: 'small faint halo', x: at + 8, y: height - 6 }, escapeText(text))];
  });
}

/** Labels beside the ends of the lines, moved apart so that each can be read. */
function labelElements(lines: readonly PanelLine[], { right, top, bottom }: Frame, y: Scale): readonly string[] {
  const labelled = lines
    .flatMap(({ label, points, colourIndex }) =>
      label === undefined || points.length === 0 ? [] : [{ label, colourIndex, at: y.at(lastSeen(points)) }],
    )
    .sort((a, b) => a.at - b.at);
  const heights = apart(
    labelled.map(({ at }) => Math.min(bottom, Math.max(top, at))),
    bottom,
  );
  return labelled.map(({ label, colourIndex }, index) =>
    element(
      'text',
      { class: `small c${colourIndex % COLOUR_COUNT}`, x: right + 6, y: heights[index]! + 4 },
      escapeText(label),
    ),
  );
}

/** The last value above 0. A complete receiver has left all channels, so its line ends at 0; its label belongs higher. */
function lastSeen(points: Points): number {
  return points.findLast(([, y]) => y > 0)?.[1] ?? 0;
}

/** Moves labels apart until none hides another. @param wanted their heights in pixels, ascending */
function apart(wanted: readonly number[], largest: number): readonly number[] {
  const heights = [...wanted];
  for (let i = 1; i < heights.length; i++) heights[i] = Math.max(heights[i]!, heights[i - 1]! + LABEL_HEIGHT);
  for (let i = heights.length - 1, limit = largest; i >= 0; i--, limit -= LABEL_HEIGHT) {
    heights[i] = Math.min(heights[i]!, limit);
  }
  return heights;
}
