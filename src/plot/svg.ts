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

/** At most two decimals: a hundredth of a pixel. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** How many colours there are before they begin again, as classes `c0`, `c1`, …: lines and areas set their own property. */
export const COLOUR_COUNT = 8;

/** Okabe and Ito's colours, told apart by nearly everyone, the darker and the lighter ones exchanged for dark pages. */
const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#b0478a', '#a67c00', '#2a8fc4', '#555555', '#7a5195'] as const;
const DARK = ['#56b4e9', '#ff8c42', '#2fd0a0', '#ee9fcb', '#e6c229', '#9ad3f5', '#b8b8b8', '#c3a0dd'] as const;

/** A whole picture. It has no background of its own, and follows what the reader prefers: ink on paper, or light on dark. */
export function picture(width: number, height: number, title: string, body: readonly string[]): string {
  const colours = (of: readonly string[]) => of.map((colour, index) => `.c${index}{color:${colour}}`).join('');
  const style =
    `svg{color:#1f2328;--grid:#d0d7de}text{fill:currentColor;font:13px system-ui,sans-serif}` +
    `.small{font-size:11px}.title{font-size:15px;font-weight:600}.line{fill:none;stroke:currentColor;stroke-width:2}` +
    `.grid{fill:none;stroke:var(--grid)}.axis{fill:none;stroke:currentColor}.area{fill:currentColor}${colours(LIGHT)}` +
    `@media (prefers-color-scheme:dark){svg{color:#e6edf3;--grid:#3d444d}${colours(DARK)}}`;
  const size = { width: Math.ceil(width), height: Math.ceil(height) };
  const attributes = { xmlns: 'http://www.w3.org/2000/svg', ...size, viewBox: `0 0 ${size.width} ${size.height}` };
  return `${element('svg', { ...attributes, role: 'img' }, element('title', {}, escapeText(title)), element('style', {}, style), ...body)}\n`;
}
