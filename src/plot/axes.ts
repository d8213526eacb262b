import type { Scale } from './scale.js';
import { element, escapeText, tenth } from './svg.js';

/** Where curves are drawn, in pixels. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export type TickText = (value: number) => string;

/** Vertical grid lines; with `textOf` also their values, below the frame. */
export function xAxis({ top, bottom }: Frame, scale: Scale, textOf?: TickText): string[] {
  return scale.ticks.flatMap((tick) => [
    element('path', { class: 'grid', d: `M${tenth(scale.at(tick))} ${top}V${bottom}` }),
    ...(textOf === undefined ? [] : [tickLabel(tenth(scale.at(tick)), bottom + 18, 'middle', textOf(tick))]),
  ]);
}

/** Horizontal grid lines, with their values at the left. */
export function yAxis({ left, right }: Frame, scale: Scale, textOf: TickText): string[] {
  return scale.ticks.flatMap((tick) => [
    element('path', { class: 'grid', d: `M${left} ${tenth(scale.at(tick))}H${right}` }),
    tickLabel(left - 8, scale.at(tick) + 4, 'end', textOf(tick)),
  ]);
}

/** The two axes: the left edge and the lower edge of the frame. */
export function axisLines({ left, right, top, bottom }: Frame): string {
  return element('path', { class: 'axis', d: `M${left} ${top}V${bottom}H${right}` });
}

function tickLabel(x: number | string, y: number, anchor: 'middle' | 'end', text: string): string {
  return element('text', { class: 'small', x, y, 'text-anchor': anchor }, escapeText(text));
}
