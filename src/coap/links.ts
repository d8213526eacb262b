/** A link of RFC 6690, such as `</fw/firmware>;rt="layercast.object";obs`. */
export interface Link {
  /** A path with a slash in front, or a whole URI. */
  readonly target: string;
  /** true for an attribute without a value. */
  readonly attributes: Readonly<Record<string, string | true>>;
}

/** Most links that are read from one text, and most attributes of a link: a device has some ten. */
const MAX_LINKS = 1_000;
const MAX_ATTRIBUTES = 32;

/** Links as text (RFC 6690, section 2). */
export function formatLinks(links: readonly Link[]): string {
  return links.map(formatLink).join(',');
}

/** Reads links. @returns undefined if the text has another form, or more than 1000 links */
export function parseLinks(text: string): readonly Link[] | undefined {
  const links: Link[] = [];
  const target = /\s*<([^>]*)>/y;
  const attribute = /\s*;\s*([!#$&+\-.^_`|~0-9A-Za-z]+\*?)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]+)))?/y;
  const comma = /\s*,/y;
  const end = /\s*$/y;
  for (let at = 0; ; ) {
    if (links.length === 0 && matchAt(end, text, at) !== undefined) return links;
    const start = matchAt(target, text, at);
    if (start === undefined || links.length === MAX_LINKS) return undefined;
    at = target.lastIndex;
    const attributes: Record<string, string | true> = Object.create(null);
    for (let count = 0; ; count++) {
      const found = matchAt(attribute, text, at);
      if (found === undefined) break;
      if (count === MAX_ATTRIBUTES) return undefined;
      at = attribute.lastIndex;
      const [, name = '', quoted, plain] = found;
      // Of an attribute that comes twice, the first counts (RFC 6690, section 3).
      attributes[name] ??= quoted?.replace(/\\(.)/g, '$1') ?? plain ?? true;
    }
    links.push({ target: start[1]!, attributes: { ...attributes } });
    if (matchAt(end, text, at) !== undefined) return links;
    if (matchAt(comma, text, at) === undefined) return undefined;
    at = comma.lastIndex;
  }
}

/**
 * The links that a query of `/.well-known/core` asks for (RFC 6690, section 4.1): `rt=layercast.*`. A query of another form leaves all.
 */
export function filterLinks(links: readonly Link[], query: readonly string[]): readonly Link[] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(query[0] ?? '') ?? [];
  if (name === undefined || value === undefined) return links;
  const fits = valueTest(value);
  return links.filter((link) => linkHas(link, name, fits));
}

/** A test for values of attributes: a `*` at the end of what is wanted stands for any rest (RFC 6690, section 4.1). */
export function valueTest(wanted: string): (value: string) => boolean {
  if (!wanted.endsWith('*')) return (value) => value === wanted;
  const start = wanted.slice(0, -1);
  return (value) => value.startsWith(start);
}

/** Whether a link has an attribute of this name with a value that passes the test. `href` is the target; an attribute without a value has an empty one. */
export function linkHas({ target, attributes }: Link, name: string, fits: (value: string) => boolean): boolean {
  if (name === 'href') return fits(target);
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  if (value === undefined) return false;
  // rt, if and rel have several values with spaces between.
  return value === true ? fits('') : value.split(' ').some(fits) || fits(value);
}

/** A list is sent block by block, and each block is cut from the whole text, so the text of a link is made once. */
const linkTexts = new WeakMap<Link, string>();

function formatLink(link: Link): string {
  const known = linkTexts.get(link);
  if (known !== undefined) return known;
  const text = textOf(link);
  linkTexts.set(link, text);
  return text;
}

function textOf({ target, attributes }: Link): string {
  const texts = Object.entries(attributes).map(([name, value]) => {
    if (value === true) return `;${name}`;
    return /^\d+$/.test(value) ? `;${name}=${value}` : `;${name}="${value.replace(/["\\]/g, '\\$&')}"`;
  });
  return `<${target}>${texts.join('')}`;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
