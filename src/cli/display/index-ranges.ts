/** Indexes in words: `0–12, 15`. Two neighbours are listed one by one, as a range would not be shorter. */
export function rangesOf(indexes: readonly number[], separator = ', '): string {
  const sorted = [...new Set(indexes)].sort((a, b) => a - b);
  const runs: { first: number; last: number }[] = [];
  for (const index of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run.last === index - 1) run.last = index;
    else runs.push({ first: index, last: index });
  }
  return runs
    .flatMap(({ first, last }) => (last - first > 1 ? [`${first}–${last}`] : [...new Set([first, last])].map(String)))
    .join(separator);
}
