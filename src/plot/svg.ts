/** An SVG element as text; undefined attributes are left out, numbers kept short. Children are elements or escaped text. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escapeText(value!)}"`)
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

/** Text as it may stand between tags and in attributes; what XML 1.0 does not allow at all becomes U+FFFD. */
export function escapeText(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text
    .replace(/[&<>"]/g, (character) => names[character]!)
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}

/** A number of pixels as text, with at most two decimals. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** A number of pixels as text, with at most one decimal: enough for a path of many points. */
export function tenth(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Width of a wide letter, as a share of the font size. Texts that are placed by it do not overlap in any usual font. */
const LETTER_WIDTH = 0.61;

/** About how wide a text is in pixels. */
export function textWidth(text: string, fontSize: number): number {
  return [...text].length * fontSize * LETTER_WIDTH;
}

/** A text of at most this width, its end cut off with `…`. */
export function fitted(text: string, fontSize: number, width: number): string {
  const letters = [...text];
  const most = Math.floor(width / fontSize / LETTER_WIDTH);
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`;
}

/** Number of colours, which are the classes `c0`, `c1`, …; line `COLOUR_COUNT` has the colour of line 0 again. */
export const COLOUR_COUNT = 8;

interface Palette {
  readonly paper: string;
  readonly ink: string;
  /** Colour of explanations. */
  readonly faint: string;
  readonly grid: string;
  readonly colours: readonly string[];
}

/** Okabe and Ito's colours, which nearly everyone can tell apart; dark pages get lighter ones. */
const LIGHT: Palette = {
  paper: '#ffffff',
  ink: '#1f2328',
  faint: '#656d76',
  grid: '#dde2e7',
  colours: ['#0072b2', '#d55e00', '#009e73', '#b0478a', '#a67c00', '#2a8fc4', '#555555', '#7a5195'],
};
const DARK: Palette = {
  paper: '#0d1117',
  ink: '#e6edf3',
  faint: '#8d96a0',
  grid: '#30363d',
  colours: ['#56b4e9', '#ff8c42', '#2fd0a0', '#ee9fcb', '#e6c229', '#9ad3f5', '#b8b8b8', '#c3a0dd'],
};

const SHAPES =
  'text{fill:currentColor;font:13px system-ui,sans-serif}.small{font-size:11px}.title{font-size:15px;font-weight:600}' +
  '.strong{font-weight:600}.line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}.thin{stroke-width:1.25}' +
  '.grid{fill:none}.axis{fill:none;stroke:currentColor}.area{fill:currentColor}.mark{stroke:currentColor;stroke-width:1.5}' +
  '.halo{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}';

export interface PictureOptions {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** For readers who cannot see the picture. */
  readonly description?: string;
}

/** A whole picture. It follows what the reader prefers: ink on paper, or light on dark, whatever page it stands on. */
export function picture({ width, height, title, description }: PictureOptions, body: readonly string[]): string {
  const style = `${SHAPES}${rulesOf(LIGHT)}@media (prefers-color-scheme:dark){${rulesOf(DARK)}}`;
  const size = { width: Math.ceil(width), height: Math.ceil(height) };
  const attributes = { xmlns: 'http://www.w3.org/2000/svg', ...size, viewBox: `0 0 ${size.width} ${size.height}` };
  const head = [
    element('title', {}, escapeText(title)),
    ...(description === undefined ? [] : [element('desc', {}, escapeText(description))]),
    element('style', {}, style),
    element('rect', { class: 'paper', ...size }),
  ];
  return `${element('svg', { ...attributes, role: 'img' }, ...head, ...body)}\n`;
}

/** The CSS rules of a palette. They use no CSS variables, which converters such as librsvg do not know. */
function rulesOf({ paper, ink, faint, grid, colours }: Palette): string {
  const coloured = colours.map((colour, index) => `.c${index}{color:${colour}}`).join('');
  return `svg{color:${ink}}.paper{fill:${paper}}.halo{stroke:${paper}}.faint{fill:${faint}}.grid{stroke:${grid}}${coloured}`;
}
