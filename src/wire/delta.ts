import type { Descriptor } from './descriptor.js';

/** The name under which the delta of an object is sent: its object tag and the groups of its channels follow from it. */
export function deltaName(object: string): string {
  return `${object}/delta`;
}

/** The descriptor of an object's delta, which nobody signs: all that it says follows from the object's. Undefined if the object has no delta. */
export function deltaDescriptor({ delta, ...descriptor }: Descriptor): Descriptor | undefined {
  return delta && { ...descriptor, ...delta, object: deltaName(descriptor.object) };
}
