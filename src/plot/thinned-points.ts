/**
 * Most points that are kept of one line. Nobody can see more than two points in each column of pixels. With this number, a day of
 * one report a second is drawn from stretches of some 3 minutes.
 */
const MAX_POINTS = 4096;
/** Stretches into which a full line is divided. Each keeps at most 4 points, so that at least half the room is free again. */
const STRETCH_COUNT = MAX_POINTS / 8;

type Point = readonly [x: number, y: number];

/**
 * A line of any length in bounded memory: when it is full, each of 512 equal stretches keeps its first, its last, its lowest
 * and its highest point. Drawn at most 512 pixels wide, the line looks as if it had all points (M4; Jugel, Jerzak, Hackenbroich
 * and Markl, VLDB 2014).
 */
export class ThinnedPoints {
  #points: Point[] = [];

  /** @param x not less than that of the last point. */
  add(x: number, y: number): void {
    this.#points.push([x, y]);
    if (this.#points.length >= MAX_POINTS) this.#thin();
  }

  /** Changes the y of the last point. */
  moveLast(y: number): void {
    const last = this.#points.pop();
    if (last !== undefined) this.#points.push([last[0], y]);
  }

  get points(): readonly Point[] {
    return this.#points;
  }

  get last(): number | undefined {
    return this.#points.at(-1)?.[1];
  }

  #thin(): void {
    const start = this.#points[0]![0];
    const span = this.#points.at(-1)![0] - start || 1;
    const stretchOf = ([x]: Point) => Math.min(STRETCH_COUNT - 1, Math.floor(((x - start) / span) * STRETCH_COUNT));
    const kept: Point[] = [];
    let from = 0;
    for (let i = 1; i <= this.#points.length; i++) {
      if (i < this.#points.length && stretchOf(this.#points[i]!) === stretchOf(this.#points[from]!)) continue;
      kept.push(...outlineOf(this.#points.slice(from, i)));
      from = i;
    }
    this.#points = kept;
  }
}

function outlineOf(stretch: readonly Point[]): readonly Point[] {
  let [low, high] = [0, 0];
  for (const [index, [, y]] of stretch.entries()) {
    if (y < stretch[low]![1]) low = index;
    if (y > stretch[high]![1]) high = index;
  }
  const indexes = new Set([0, Math.min(low, high), Math.max(low, high), stretch.length - 1]);
  return [...indexes].map((index) => stretch[index]!);
}
