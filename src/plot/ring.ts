import { legend as legendOf } from './legend.js';
import { areaClass, dashesOf, lineClass } from './line.js';
import { element, escapeText, picture, short } from './svg.js';

/** One ring. The angle shows a position from 0 to 1, beginning at the top; the distance from the middle shows time. */
export interface Ring {
  readonly title: string;
  readonly caption: string;
  readonly tracks: readonly Track[];
}

/** Something that moves round the ring at an even pace, from the inner circle to the outer. */
export interface Track {
  /** Number of the legend entry, which gives the colour and from the ninth on the dashes. */
  readonly colourIndex: number;
  readonly start: number;
  /** Rounds on its way; may be more than one. */
  readonly turns: number;
  /** When it begins and ends, as shares of the way from the inner circle to the outer. @default the whole way */
  readonly time?: { readonly from: number; readonly until: number };
  /** The part of the ring in which it stays. */
  readonly band?: { readonly start: number; readonly length: number };
}

export interface RingsOptions {
  readonly title: string;
  readonly rings: readonly Ring[];
  /** Names of the entries, by their numbers. */
  readonly legend: readonly string[];
}

const COLUMNS = 3;
const CELL = 250;
const CELL_HEIGHT = 280;
const INNER = 34;
const OUTER = 100;
const MARGIN = 12;
/** A spiral is drawn as straight pieces of 2° each. */
const STEPS_PER_TURN = 180;
/** A spiral of more turns than this looks like a grey disk. */
const MAX_TURNS = 60;

/** Rings side by side, with titles and one legend: an SVG. */
export function ringPicture({ title, rings, legend }: RingsOptions): string {
  const entries = legend.map((name, colourIndex) => ({ name, colourIndex, dashes: dashesOf(colourIndex) }));
  const names = legendOf(entries, { left: MARGIN, right: COLUMNS * CELL - MARGIN, top: 34 });
  const top = 36 + names.height;
  const height = top + Math.ceil(rings.length / COLUMNS) * CELL_HEIGHT + 8;
  return picture({ width: COLUMNS * CELL, height, title }, [
    element('text', { x: MARGIN, y: 22, class: 'title' }, escapeText(title)),
    ...names.elements,
    ...rings.map((ring, index) => {
      const x = (index % COLUMNS) * CELL + CELL / 2;
      const y = top + Math.floor(index / COLUMNS) * CELL_HEIGHT + 44 + OUTER;
      return element('g', { transform: `translate(${x} ${y})` }, ...ringElements(ring));
    }),
  ]);
}

function ringElements({ title, caption, tracks }: Ring): string[] {
  const middle = { 'text-anchor': 'middle' };
  return [
    element('text', { y: -OUTER - 26, ...middle }, escapeText(title)),
    element('text', { y: -OUTER - 10, class: 'small', ...middle }, escapeText(caption)),
    ...tracks.flatMap(({ band, colourIndex }) =>
      band === undefined ? [] : [element('path', { class: areaClass(colourIndex), opacity: 0.2, d: sector(band) })],
    ),
    element('circle', { class: 'grid', r: INNER }),
    element('circle', { class: 'grid', r: OUTER }),
    ...tracks.map((track) =>
      element('path', {
        class: lineClass(track.colourIndex),
        d: spiral(track),
        'stroke-dasharray': dashesOf(track.colourIndex),
      }),
    ),
  ];
}

function spiral({ start, turns, time: { from, until } = { from: 0, until: 1 } }: Track): string {
  const drawn = Math.min(turns, MAX_TURNS);
  const stepCount = Math.max(2, Math.ceil(drawn * STEPS_PER_TURN));
  const points = Array.from({ length: stepCount + 1 }, (_, step) => {
    const share = step / stepCount;
    return point(INNER + (OUTER - INNER) * (from + (until - from) * share), start + drawn * share);
  });
  return `M${points.join('L')}`;
}

function sector({ start, length }: { readonly start: number; readonly length: number }): string {
  // SVG draws nothing for an arc that ends where it begins.
  const end = start + Math.min(length, 0.9999);
  const large = length > 0.5 ? 1 : 0;
  const [a, b, c, d] = [point(INNER, start), point(OUTER, start), point(OUTER, end), point(INNER, end)];
  return `M${a}L${b}A${OUTER} ${OUTER} 0 ${large} 1 ${c}L${d}A${INNER} ${INNER} 0 ${large} 0 ${a}Z`;
}

function point(radius: number, position: number): string {
  const angle = 2 * Math.PI * position - Math.PI / 2;
  return `${short(radius * Math.cos(angle))} ${short(radius * Math.sin(angle))}`;
}
