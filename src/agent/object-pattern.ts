/**
 * A test of whether an object's name fits a pattern. `*` stands for any characters but `/`, `**` for any characters, and everything else for
 * itself. Names have at most 255 bytes and come from signed records, so that the regular expression's time is bounded.
 */
export function patternTest(pattern: string): (name: string) => boolean {
  const parts = pattern.split(/(\*+)/).map((part) => {
    if (part === '*') return '[^/]*';
    return part.startsWith('*') ? '.*' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  });
  const expression = new RegExp(`^${parts.join('')}$`, 's');
  return (name) => expression.test(name);
}

/** Whether a subscription's name stands for several objects. */
export function isPattern(name: string): boolean {
  return name.includes('*');
}
