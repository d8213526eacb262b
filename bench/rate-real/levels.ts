/** A moment of `performance.now()` from which on a receiver's joined channels add up to a rate. */
export interface Step {
  readonly atMs: number;
  readonly rateBitsPerSecond: number;
}

/** Rate of announcements and MLD that every link carries besides the levels: 10 kbit/s for a server with 25 channels, measured. */
const besideBitsPerSecond = 20e3;

/** The highest of these levels that fits into a rate together with announcements and MLD; 0 if none does. */
export function bestLevel(levels: readonly number[], rateBitsPerSecond: number): number {
  return Math.max(0, ...levels.filter((level) => level + besideBitsPerSecond <= rateBitsPerSecond));
}

/** The joined rate at a moment. */
export function rateAt(steps: readonly Step[], atMs: number): number {
  return steps.findLast((step) => step.atMs <= atMs)?.rateBitsPerSecond ?? 0;
}

/** The mean joined rate from one moment to another, weighted by time. */
export function averageRate(steps: readonly Step[], fromMs: number, toMs: number): number {
  return stretches(steps, fromMs, toMs).reduce((sum, { ms, rate }) => sum + ms * rate, 0) / (toMs - fromMs);
}

/** The rate that was joined for the longest time between two moments: the level that a receiver settled on, without its trials. */
export function prevailingRate(steps: readonly Step[], fromMs: number, toMs: number): number {
  const held = new Map<number, number>();
  for (const { ms, rate } of stretches(steps, fromMs, toMs)) held.set(rate, (held.get(rate) ?? 0) + ms);
  return [...held].reduce((longest, one) => (one[1] > longest[1] ? one : longest), [0, 0])[0];
}

/** Time from `fromMs` until the joined rate is first within 10 % of a rate; undefined if it never is. */
export function reachedMs(steps: readonly Step[], fromMs: number, rateBitsPerSecond: number): number | undefined {
  const isNear = (rate: number) => Math.abs(rate - rateBitsPerSecond) <= 0.1 * rateBitsPerSecond;
  if (isNear(rateAt(steps, fromMs))) return 0;
  const first = steps.find((step) => step.atMs > fromMs && isNear(step.rateBitsPerSecond));
  return first === undefined ? undefined : first.atMs - fromMs;
}

/** Time from `fromMs` until several receivers first have the same level for `heldMs`; undefined if they never do before `toMs`. */
export function equalMs(
  receivers: readonly (readonly Step[])[],
  fromMs: number,
  toMs: number,
  heldMs = 2000,
): number | undefined {
  const changes = receivers.flatMap((steps) => steps.map(({ atMs }) => atMs));
  const moments = [fromMs, ...changes.filter((atMs) => atMs > fromMs && atMs < toMs).toSorted((a, b) => a - b), toMs];
  let since: number | undefined;
  for (const [index, atMs] of moments.entries()) {
    if (since !== undefined && atMs - since >= heldMs) return since - fromMs;
    const rates = receivers.map((steps) => rateAt(steps, atMs));
    const areEqual = rates[0]! > 0 && rates.every((rate) => rate === rates[0]) && index < moments.length - 1;
    since = areEqual ? (since ?? atMs) : undefined;
  }
  return undefined;
}

function stretches(steps: readonly Step[], fromMs: number, toMs: number): { ms: number; rate: number }[] {
  const within = steps.filter(({ atMs }) => atMs > fromMs && atMs < toMs);
  const all = [{ atMs: fromMs, rateBitsPerSecond: rateAt(steps, fromMs) }, ...within];
  return all.map(({ atMs, rateBitsPerSecond }, index) => ({
    ms: (all[index + 1]?.atMs ?? toMs) - atMs,
    rate: rateBitsPerSecond,
  }));
}
