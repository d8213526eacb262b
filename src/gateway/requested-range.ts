/** Bytes of a content: from `first` on, up to `end`, which is not part of it. */
export interface Span {
  readonly first: number;
  readonly end: number;
}

/** Digits of the largest number that is exact. */
const MAX_DIGITS = 15;

/**
 * What the field Range asks for (RFC 9110, section 14.1.2). Only one range is served: a server may ignore the field, and does where several ranges, another
 * unit, or nonsense is asked for.
 *
 * @returns undefined: the whole content; `unsatisfiable`: no byte of the content is in the range
 */
export function requestedRange(field: string | undefined, sizeBytes: number): Span | 'unsatisfiable' | undefined {
  const [, from, to] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(field ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  if (from === '') {
    const length = numberOf(to);
    if (length === 0 || sizeBytes === 0) return 'unsatisfiable';
    return { first: Math.max(0, sizeBytes - length), end: sizeBytes };
  }
  const first = numberOf(from);
  const last = to === '' ? Number.POSITIVE_INFINITY : numberOf(to);
  if (last < first) return undefined;
  if (first >= sizeBytes) return 'unsatisfiable';
  return { first, end: Math.min(last + 1, sizeBytes) };
}

/** Longer numbers are beyond every content. */
function numberOf(digits: string): number {
  const significant = digits.replace(/^0+/, '');
  return significant.length > MAX_DIGITS ? Number.POSITIVE_INFINITY : Number(significant);
}
