import { lineClass } from './line.js';
import { element, escapeText, short, textWidth } from './svg.js';

export interface LegendEntry {
  readonly name: string;
  readonly colourIndex: number;
  /** Value of `stroke-dasharray`. */
  readonly dashes?: string | undefined;
}

const LINE_HEIGHT = 20;
const SAMPLE = 24;
const GAP = 18;

/** A sample of each line with its name. Each row has as many entries as fit between `left` and `right`. */
export function legend(
  entries: readonly LegendEntry[],
  { left: start, right, top }: { readonly left: number; readonly right: number; readonly top: number },
): { readonly elements: readonly string[]; readonly height: number } {
  const elements: string[] = [];
  let [left, line] = [start, 0];
  for (const { name, colourIndex, dashes } of entries) {
    const width = SAMPLE + 6 + textWidth(name, 11);
    if (left > start && left + width > right) [left, line] = [start, line + 1];
    const middle = top + line * LINE_HEIGHT + 8;
    elements.push(
      element('path', {
        class: lineClass(colourIndex),
        d: `M${short(left)} ${middle}h${SAMPLE}`,
        'stroke-dasharray': dashes,
      }),
      element('text', { class: 'small', x: left + SAMPLE + 6, y: middle + 4 }, escapeText(name)),
    );
    left += width + GAP;
  }
  return { elements, height: entries.length === 0 ? 0 : (line + 1) * LINE_HEIGHT };
}
