/** Counts one more of a code. Codes of errors and warnings are words of a list, so maps by code are bounded. */
export function countCode(counts: Map<string, number>, code: string): void {
  counts.set(code, (counts.get(code) ?? 0) + 1);
}
