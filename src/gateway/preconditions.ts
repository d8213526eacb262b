/** Fields of a request, by their names in lower case. */
export type RequestFields = Readonly<Record<string, string | readonly string[] | undefined>>;

export type Precondition = 'go on' | 'not modified' | 'failed';

/** Longest list of tags that is read. */
const MAX_TAGS_LENGTH = 4096;

/**
 * What If-Match and If-None-Match say (RFC 9110, section 13.2.2). Contents have no dates here, so fields with dates are left out.
 *
 * @param tag the strong entity tag of the content, with its quotes
 */
export function preconditionOf(fields: RequestFields, tag: string): Precondition {
  const ifMatch = textOf(fields['if-match']);
  // A weak tag never matches here.
  if (ifMatch !== undefined && !isAny(ifMatch) && !tagsIn(ifMatch).includes(tag)) return 'failed';
  const ifNoneMatch = textOf(fields['if-none-match']);
  if (ifNoneMatch === undefined) return 'go on';
  const tags = tagsIn(ifNoneMatch).map((one) => one.replace(/^W\//, ''));
  return isAny(ifNoneMatch) || tags.includes(tag) ? 'not modified' : 'go on';
}

/** Whether the field Range counts: If-Range is missing, or has exactly this strong tag (RFC 9110, section 13.1.5). */
export function isRangeMeant(fields: RequestFields, tag: string): boolean {
  const ifRange = textOf(fields['if-range']);
  return ifRange === undefined || ifRange.trim() === tag;
}

function isAny(list: string): boolean {
  return list.trim() === '*';
}

function tagsIn(list: string): readonly string[] {
  return list.slice(0, MAX_TAGS_LENGTH).match(/(?:W\/)?"[^"]*"/g) ?? [];
}

function textOf(field: string | readonly string[] | undefined): string | undefined {
  return typeof field === 'string' || field === undefined ? field : field.join(', ');
}
