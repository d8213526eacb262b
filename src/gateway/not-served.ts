import type { WarningEvent } from '../receiver/events.js';
import type { Descriptor } from '../wire/descriptor.js';

/** The warning for a version that a gateway does not receive, because clients get files, and get them as they are; undefined for one that it serves. */
export function notServed({
  fleet,
  object,
  tree,
  encryption,
}: Pick<Descriptor, 'fleet' | 'object' | 'tree' | 'encryption'>): WarningEvent | undefined {
  const what = tree !== undefined ? 'a folder' : encryption !== undefined ? 'encrypted' : undefined;
  return what && { code: 'NOT_SERVED', message: `${fleet}/${object} is ${what}, which a gateway does not serve` };
}
