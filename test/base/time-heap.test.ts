import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeHeap, type Waiting } from '../../dist/base/time-heap.js';

interface Named extends Waiting {
  readonly name: number;
}

/** A heap, and beside it a list that is sorted after each change. */
interface Model {
  list: Named[];
  nextName: number;
}
interface Real {
  readonly heap: TimeHeap<Named>;
}

class Add implements fc.Command<Model, Real> {
  readonly atUs: number;

  constructor(atUs: number) {
    this.atUs = atUs;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, { heap }: Real): void {
    const one = { atUs: this.atUs, order: -1, heapIndex: -1, name: model.nextName++ };
    heap.add(one);
    // Sorting is stable, so the first of equal times is the one that was added first.
    model.list = [...model.list, one].toSorted((a, b) => a.atUs - b.atUs);
    expect(heap.size).toBe(model.list.length);
    expect(heap.first).toBe(model.list[0]);
  }

  toString(): string {
    return `add(${this.atUs})`;
  }
}

class TakeFirst implements fc.Command<Model, Real> {
  check(): boolean {
    return true;
  }

  run(model: Model, { heap }: Real): void {
    const first = model.list.shift();
    expect(heap.takeFirst()).toBe(first);
    expect(first?.heapIndex ?? -1).toBe(-1);
    expect(heap.first).toBe(model.list[0]);
  }

  toString(): string {
    return 'takeFirst()';
  }
}

/** Takes one out of the middle, twice: the second time it is in no heap. It may come back at another time. */
class Move implements fc.Command<Model, Real> {
  readonly which: number;
  readonly toUs: number | undefined;

  constructor(which: number, toUs: number | undefined) {
    this.which = which;
    this.toUs = toUs;
  }

  check({ list }: Readonly<Model>): boolean {
    return list.length > 0;
  }

  run(model: Model, { heap }: Real): void {
    const one = model.list[this.which % model.list.length]!;
    heap.remove(one);
    heap.remove(one);
    model.list = model.list.filter((other) => other !== one);
    if (this.toUs !== undefined) {
      one.atUs = this.toUs;
      heap.add(one);
      model.list = [...model.list, one].toSorted((a, b) => a.atUs - b.atUs);
    }
    expect(heap.size).toBe(model.list.length);
    expect(heap.first).toBe(model.list[0]);
  }

  toString(): string {
    return `move(${this.which}, ${this.toUs})`;
  }
}

describe('a heap of times', () => {
  it('gives them in order of time and then of adding, whatever is added, moved and removed between', () => {
    const anyTime = fc.oneof(fc.nat(5), fc.double({ min: 0, max: 10, noNaN: true }));
    const anyCommands = fc.commands(
      [
        anyTime.map((atUs) => new Add(atUs)),
        fc.constant(new TakeFirst()),
        fc.tuple(fc.nat(1000), fc.option(anyTime, { nil: undefined })).map(([which, to]) => new Move(which, to)),
      ],
      { maxCommands: 200, size: 'max' },
    );
    fc.assert(
      fc.property(anyCommands, (commands) => {
        const model: Model = { list: [], nextName: 0 };
        const heap = new TimeHeap<Named>();
        fc.modelRun(() => ({ model, real: { heap } }), commands);
        const rest = model.list.map(({ name }) => name);
        expect(rest.map(() => heap.takeFirst()!.name)).toEqual(rest);
        expect(heap.takeFirst()).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});
