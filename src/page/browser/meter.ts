/** States over which a rate is measured: short enough to show a pause, long enough that bursts do not show. */
const SPAN_COUNT = 5;

/** Rates from counts that grow, and begin anew with a new version. */
export class Meter {
  readonly #counts = new Map<string, { readonly atMs: number; readonly count: number }[]>();

  /** @returns how much of it comes in a second, over the last states; undefined until there are two */
  perSecond(key: string, atMs: number, count: number): number | undefined {
    const counts = this.#counts.get(key) ?? [];
    this.#counts.set(key, counts);
    if ((counts.at(-1)?.count ?? 0) > count) counts.length = 0;
    counts.push({ atMs, count });
    if (counts.length > SPAN_COUNT) counts.shift();
    const first = counts[0]!;
    if (atMs <= first.atMs) return undefined;
    return (1000 * (count - first.count)) / (atMs - first.atMs);
  }
}
