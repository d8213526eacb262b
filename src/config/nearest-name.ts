/** The share of a name's letters that may differ: at most two of five. In `prot` for `port` a swap counts as one of four. */
const MAX_DIFFERENCE_RATIO = 0.4;

/**
 * The name that the writer of `found` probably meant: it differs by few letters, or it starts or ends with `found`. Undefined if no
 * name is near.
 */
export function nearestName(found: string, names: readonly string[]): string | undefined {
  const wanted = plain(found);
  if (wanted === '') return undefined;
  const ranked = names
    .map((name) => ({ name, cost: costOf(wanted, plain(name)) }))
    .filter(({ cost }) => cost <= MAX_DIFFERENCE_RATIO)
    .toSorted((a, b) => a.cost - b.cost);
  return ranked[0]?.name;
}

/** The end of a message about a name that does not exist, which asks for the nearest one; empty if no name is near. */
export function suggestionFor(found: string, names: readonly string[]): string {
  const nearest = nearestName(found, names);
  return nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
}

/** Writers take `max-rate`, `max_rate` and `maxRate` for one name. */
function plain(name: string): string {
  return name
    .slice(0, 64)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

/** 0 for the same name, 1 for names with nothing in common. */
function costOf(wanted: string, name: string): number {
  const isPart = wanted.length >= 3 && name.length >= 3 && (isEndOf(wanted, name) || isEndOf(name, wanted));
  const ratio = distance(wanted, name) / Math.max(wanted.length, name.length);
  return isPart ? Math.min(ratio, MAX_DIFFERENCE_RATIO) : ratio;
}

function isEndOf(part: string, whole: string): boolean {
  return whole.startsWith(part) || whole.endsWith(part);
}

/** Letters to insert, remove or replace (Levenshtein). Two neighbours that are swapped count as one. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const cost = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (isSame ? 0 : 1));
      next.push(isSwap ? Math.min(cost, before[j - 2]! + 1) : cost);
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
